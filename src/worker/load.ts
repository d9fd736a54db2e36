// From what the primary asks for to a runner: imports the user's modules, finds the class, makes its one instance. The user's
// code runs here for the first time.

import { describe } from '../consumer/consumer.ts'
import { findConsumer } from '../consumer/find.ts'
import type { EngineFactory } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { hooksOf } from '../loader/config-module.ts'
import type { LoadPlan } from '../messages.ts'
import type { Loaded } from './parts.ts'
import { instantiate, runnerOf } from './prepare.ts'

export interface LoadParts {
  /** Asked for at once, so that the client is there when the user's code is. */
  readonly engine: () => Promise<EngineFactory>
  readonly bus: Bus
  readonly clock: Clock
}

/** Throws CONSUMER_NOT_FOUND, CONSUMER_INVALID or LOAD_FAILED. */
export async function load(plan: LoadPlan, { engine, bus, clock }: LoadParts): Promise<Loaded> {
  const engineLoading = engine()
  // Its failure counts where it is awaited; until then it must not pass for an error that nobody caught.
  engineLoading.catch(() => {})
  const hooks = plan.config ? await hooksOf(plan.config.modules, plan.config.env) : {}
  const { cls, name } = await findConsumer(plan)
  const description = describe(name, cls)
  return {
    description,
    prepare: async ({ config, groupId, instanceId }, witness) => {
      const createEngine = await engineLoading
      await createEngine.prepare?.({ compression: config.producerCompressionCodec })
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
