// Producing from anywhere: one producer that a process shares, and others that a program makes for itself.

import type { ProduceTo, ProduceValue } from '../consumer/outlet.ts'
import { RacecarError } from '../errors.ts'
import type { Stored } from '../producer/surroundings.ts'
import type { ProducerOptions } from './port.ts'
import { type Producer, StandaloneProducer } from './producer.ts'

export type { Stored } from '../producer/surroundings.ts'
export type { ProducerOptions } from './port.ts'
export type { Producer } from './producer.ts'

/** Made when it is first needed, so that it can be configured before. */
const shared: { options: ProducerOptions; producer?: Producer } = { options: {} }

const producer = (): Producer => {
  shared.producer ??= new StandaloneProducer(shared.options)
  return shared.producer
}

/** A producer of its own. Close it when it is not needed any more. */
export const createProducer = (options: ProducerOptions = {}): Producer => new StandaloneProducer(options)

/** For produceAsync, produceSync and waitForDelivery, before one of them is called for the first time; throws later. */
export function configureProducer(options: ProducerOptions): void {
  if (shared.producer)
    throw new RacecarError(
      'CONFIG',
      'configureProducer() was called after the first message; call it before, or use createProducer()',
    )
  shared.options = { ...shared.options, ...options }
}

/** Queues a message and returns at once. Throws a TypeError for what cannot be sent; a failure later is told to `onError`. */
export const produceAsync = (value: ProduceValue, to: ProduceTo): void => producer().produceAsync(value, to)

/** Resolves when all replicas in sync have the message. Rejects with MessageDeliveryError, or what is wrong with the options (CONFIG). */
export const produceSync = (value: ProduceValue, to: ProduceTo): Promise<Stored> => producer().produceSync(value, to)

/**
 * Runs the callback and resolves to what it returns when everything that it has queued by produceAsync is stored. Rejects with the
 * first failure, which says how many there are, after all are settled; or at once with what the callback throws.
 */
export const waitForDelivery = <T>(callback: () => T | Promise<T>): Promise<T> => producer().waitForDelivery(callback)
