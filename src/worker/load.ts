// From what the primary asks for to a runner: imports the user's modules, finds the class, makes its one instance. The user's
// code runs here for the first time.

import { hasPresets, notedPresets } from '../config/presets.ts'
import { describe } from '../consumer/consumer.ts'
import { type Found, findConsumer } from '../consumer/find.ts'
import type { EngineFactory } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { boot } from '../loader/boot.ts'
import { hooksOf } from '../loader/config-module.ts'
import type { LoadPlan } from '../messages.ts'
import type { Host } from '../producer/host.ts'
import type { Loaded } from './parts.ts'
import { instantiate, runnerOf } from './prepare.ts'

export interface LoadParts {
  /** Asked for early, so that the client is there when the user's code is. */
  readonly engine: () => Promise<EngineFactory>
  readonly bus: Bus
  /** Of the producers in this process. */
  readonly host: Host
  readonly clock: Clock
  /** A program's own class, which needs no looking for. */
  readonly own?: Found | undefined
}

/** Throws CONSUMER_NOT_FOUND, CONSUMER_INVALID or LOAD_FAILED. */
export async function load(plan: LoadPlan, { engine, bus, host, clock, own }: LoadParts): Promise<Loaded> {
  // Before the user's code can produce. A program that has its class already is not imported from here, and waits where it likes.
  host.open({ isLoading: own === undefined })
  // Before the client as well: what watches modules, such as tracing, has to be there before them.
  if (plan.boot) await boot(plan.boot)
  const engineLoading = engine()
  // Its failure counts where it is awaited; until then it must not pass for an error that nobody caught.
  engineLoading.catch(() => {})
  const hooks = plan.config ? await hooksOf(plan.config.modules, plan.config.env, hasPresets) : {}
  const { cls, name } = own ?? (await findConsumer(plan))
  const description = { ...describe(name, cls), ...(hasPresets() ? { presets: notedPresets() } : {}) }
  host.isLoading = false
  return {
    description,
    prepare: async ({ config, groupId, instanceId }, witness) => {
      const createEngine = await engineLoading
      await createEngine.prepare?.({ compression: config.producerCompressionCodec })
      host.configure(config)
      return runnerOf(cls, {
        consumer: instantiate(cls),
        description,
        engine: createEngine,
        config,
        groupId,
        instanceId,
        ...hooks,
        witness,
        bus,
        clock,
      })
    },
  }
}
