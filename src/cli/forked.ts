// The supervisor with what it is made of in real life: forks by node:cluster, the log, Kafka where a dead worker has to be taken
// out of the group.

import { hostname } from 'node:os'
import type { Config } from '../config/options.ts'
import { secretVariables } from '../config/secret-variables.ts'
import { EXIT } from '../errors.ts'
import type { Events } from '../events/events.ts'
import type { LoadPlan } from '../messages.ts'
import { clusterFork, type Inspection } from '../supervisor/fork.ts'
import { InstanceIds, randomPart } from '../supervisor/instance-ids.ts'
import type { NotedSlot } from '../supervisor/parts.ts'
import type { Request } from '../supervisor/signals.ts'
import { lifeOf } from '../supervisor/slots-file.ts'
import type { Policy } from '../supervisor/state.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import type { Desk } from './desk.ts'
import { clearTheWay, evict } from './group.ts'
import { type Inspect, inspectArgs } from './inspect.ts'
import type { End } from './last-words.ts'
import type { Session } from './session.ts'

export interface ForkedParts {
  readonly session: Session
  readonly desk: Desk
  readonly exec: string
  /** The configuration and the user's code as they are by now. */
  readonly readAfresh: () => Promise<readonly LoadPlan[]>
}

/** `no workers`: the class wants to run in this process; nothing of it has run yet. */
export async function forked({ session, desk, exec, readAfresh }: ForkedParts): Promise<End | 'no workers'> {
  const { bus, clock, log, plans, inspect } = session.parts
  const { config } = session
  const { clientId, groupInstanceId: given } = config
  let isAsked = false
  const quieted: Request[] = []
  const supervisor = new Supervisor({
    plans,
    policy: policyOf(config),
    ids: new InstanceIds({ clientId, given, host: hostname(), random: randomPart }),
    fork: clusterFork({ exec, withhold: secretVariables, clock, inspect: inspect && inspection(inspect) }),
    bus,
    clock,
    readAfresh,
    resolve: description => session.settle(description),
    evict: eviction => evict(eviction, session),
    clearTheWay: ({ config }, signal) => clearTheWay(session, config, signal),
    noteSlots: slots => noteSlots(session, slots),
    onWorkerEvent: (origin, { name, data }) => {
      log.write(origin, name, data as never)
      if (name === 'group.joined') session.parts.progress.joined(origin.slot)
      if (name === 'topic.missing') session.missing((data as Events['topic.missing']).topic)
    },
  })
  desk.open({
    answer: request => {
      isAsked ||= endings.includes(request.kind)
      if (request.kind === 'quiet' || request.kind === 'continue') quieted.push(request)
      answer(supervisor, session, request)
    },
    status: () => supervisor.status(),
    helpless: () => supervisor.helpless(),
    outline: () => supervisor.outline(),
  })
  supervisor.start()
  const end = await supervisor.done
  if (session.config.workers > 0 || end.exitCode !== EXIT.clean || isAsked) return end
  desk.close()
  // Whoever runs the consumer instead is to be as quiet.
  for (const request of quieted) desk.put(request)
  return 'no workers'
}

const inspection = (inspect: Inspect): Inspection => ({ args: inspectArgs(inspect), port: inspect.port })

const endings: readonly Request['kind'][] = ['stop', 'interrupt', 'kill']

function answer(supervisor: Supervisor, session: Session, request: Request): void {
  switch (request.kind) {
    case 'stop':
      supervisor.stop(request.reason)
      break
    case 'interrupt':
      supervisor.interrupt()
      break
    case 'kill':
      supervisor.kill(request.by)
      break
    case 'quiet':
    case 'continue':
      supervisor.quiet(request.kind === 'quiet', request.by, request.which)
      break
    case 'restart':
      void supervisor.restart(request.by)
      break
    case 'scale':
      supervisor.scale(request.to, request.by, request.consumers)
      break
    case 'show options':
      session.showOptions()
      break
    case 'nothing':
      break
    default:
      request satisfies never
  }
}

/** How long the group keeps a dead worker's partitions for a replacement that does not come. */
const PATIENCE_MS = 5000

export const policyOf = (config: Config): Policy => ({
  bootTimeoutMs: config.bootTimeout * 1000,
  hangTimeoutMs: config.hangTimeout * 1000,
  shutdownTimeoutMs: config.shutdownTimeout * 1000,
  maxMemoryBytes: config.maxWorkerMemory ?? 0,
  maxAgeMs: (config.maxWorkerAge ?? 0) * 1000,
  crashLimit: config.crashLimit,
  crashWindowMs: config.crashWindow * 1000,
  backoffMaxMs: config.restartBackoffMax * 1000,
  onCrashLoop: config.onCrashLoop,
  maxCrashesPerMessage: config.maxCrashesPerMessage,
  onPoison: config.onPoison,
  deadLetterTopic: config.deadLetterTopic,
  evictAfterMs: Math.min(PATIENCE_MS, (config.sessionTimeout * 1000) / 3),
})

function noteSlots({ parts }: Session, slots: readonly NotedSlot[]): void {
  parts.pidfile?.noteSlots(
    slots.map(({ slot, pid, groupId, instanceId }) => ({ ...lifeOf(pid), name: slot, groupId, instanceId })),
  )
}
