// The process around a worker's life: its channel, its signals, its uncaught errors, and its end. The only place, beside the
// command line, that ends a process.

import cluster from 'node:cluster'
import { type Bus, createBus } from '../events/bus.ts'
import type { Level } from '../events/events.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { putGoneTerminalAside } from '../lib/gone-terminal.ts'
import { within } from '../lib/within.ts'
import { isToWorker, type LoadPlan } from '../messages.ts'
import { IpcChannel } from '../worker/channel.ts'
import { forwardEvents } from '../worker/forward.ts'
import { observeBy } from '../worker/observe.ts'
import type { Loaded } from '../worker/parts.ts'
import { Worker } from '../worker/worker.ts'

export interface LiveParts {
  /** The listener for SIGTERM that the entry has installed. */
  readonly heard: { readonly terminated: boolean; tell: () => void }
  readonly load: (plan: LoadPlan, parts: { readonly bus: Bus; readonly clock: Clock }) => Promise<Loaded>
}

/** A primary that is stopped reads nothing: this is how long its worker waits for it at the end. */
const FLUSH_MS = 1000

export async function live({ heard, load }: LiveParts): Promise<never> {
  // Whoever reads what a consumer prints may be gone; that is no reason to fail.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const channel = new IpcChannel(process)
  const bus = createBus()
  const send = channel.send.bind(channel)
  const clock = systemClock
  const flush = () => channel.flush()
  const worker = new Worker({
    ...{ send, flush, bus, clock },
    load: plan => load(plan, { bus, clock }),
    observe: observeBy(bus, clock),
  })
  let level: Level = 'debug'
  forwardEvents(bus, send, () => level)
  process.on('message', message => {
    if (!isToWorker(message)) return
    if (message.type === 'configure') level = message.config.logLevel
    worker.receive(message)
  })
  channel.send({ type: 'ready' })
  heard.tell = () => worker.terminated('SIGTERM')
  if (heard.terminated) heard.tell()
  process.on('uncaughtException', error => worker.crashed(error))
  process.on('unhandledRejection', error => worker.crashed(error))
  cluster.worker?.on('disconnect', () => worker.orphaned())
  if (!process.connected) worker.orphaned()
  const code = await worker.done
  await within(clock, channel.flush(), clock.now() + FLUSH_MS)
  putGoneTerminalAside()
  return process.exit(code)
}
