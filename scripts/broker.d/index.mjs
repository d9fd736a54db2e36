// The door for tests and scripts: what they may use of these rooms.
export { BrokerError } from './places.mjs'
export { startPrivate } from './private.mjs'
export { sweep } from './reserve.mjs'
export { kafkaRuntime } from './runtime.mjs'
export { sharedCluster, startShared, statusOfShared, stopShared } from './shared.mjs'
export { describeCluster, limitConsumers, partitionsOf, setScramPassword } from './wire.mjs'
