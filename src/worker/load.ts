// From what the primary asks for to a runner: imports the user's modules, finds the class, makes its one instance. The user's
// code runs here for the first time.

import type { ConsumerClass, ConsumerInstance } from '../consumer/consumer.ts'
import { describe, parserOf } from '../consumer/consumer.ts'
import { findConsumer } from '../consumer/find.ts'
import type { EngineFactory } from '../engine/engine.ts'
import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import { hooksOf } from '../loader/config-module.ts'
import type { LoadPlan } from '../messages.ts'
import { Runner } from '../runner/runner.ts'
import type { Loaded } from './parts.ts'

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
    prepare: async ({ config, groupId, instanceId }) =>
      new Runner({
        consumer: instantiate(cls),
        description,
        parsers: topic => parserOf(cls, topic),
        engine: await engineLoading,
        config,
        groupId,
        instanceId,
        ...hooks,
        bus,
        clock,
      }),
  }
}

function instantiate(cls: ConsumerClass): ConsumerInstance & object {
  try {
    return new cls()
  } catch (cause) {
    const why = reasonOf(cause)
    throw new RacecarError('START_FAILED', `the constructor failed: ${why}`, { cause })
  }
}
