// What is measured, as it is started: the real command with a consumer, and the peers' scripts under the same Node.
import { fileURLToPath } from 'node:url'
import { Program } from './program.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const racecar = fileURLToPath(new URL('../../bin/racecar.js', import.meta.url))

export function ours({
  bench,
  consumer,
  workers = 1,
  brokers = bench.brokers,
  group = bench.group(),
  flags = [],
  env,
}) {
  const all = ['--workers', String(workers), '--brokers', brokers, '--group-id', group, ...flags]
  return new Program({ args: [racecar, ...all, consumer], cwd: here, env })
}

export function peer({ bench, script, args = [], brokers = bench.brokers, env }) {
  return new Program({
    args: [`peers/${script}`, ...args],
    cwd: here,
    env: { ...env, BENCH_BROKERS: brokers, BENCH_GROUP: bench.group() },
  })
}
