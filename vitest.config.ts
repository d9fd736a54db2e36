// Kinds of tests in one run. `unit` forks nothing and needs no broker; `embedded` needs an embedded Kafka; `broker` and `process` share one
// real Kafka and two cores with what they start, and mostly wait, so three of their files run at a time.
import { defineConfig } from 'vitest/config'

const broker = ['test/broker/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/scripts/**/*.test.ts']
// They end one of the two brokers that they share.
const twoBrokers = ['two-brokers', 'coordinator-moves', 'produce'].map(name => `test/broker/engine/${name}.test.ts`)
const embedded = ['test/embedded/**/*.test.ts']
const process = ['test/process/**/*.test.ts']

// Where it is the broker that decides, shown on an embedded Kafka as well. Others need what it has not: several nodes that can be ended
// one by one, quotas, a second listener, Java's own programs; or show what no broker has a part in. test/README.md tells more.
const onBoth = '22-dead-letter-replayed 22-retry-topics 36-sigterm-rebalancing 57 60 68 72 73 74 75 77 80 82 83-two'
  .split(' ')
  .map(row => `test/process/${row}*.test.ts`)

const project = (
  name: string,
  groupOrder: number,
  files: { include: string[]; exclude?: string[] },
  limits: object,
) => ({
  extends: true as const,
  test: { name, ...files, sequence: { groupOrder }, ...limits },
})

const someAtATime = { maxWorkers: 3, testTimeout: 120_000, hookTimeout: 180_000, teardownTimeout: 60_000 }

export default defineConfig({
  resolve: {
    alias: {
      'racecar/heroku': new URL('./src/heroku/index.ts', import.meta.url).pathname,
      'racecar/testing': new URL('./src/testing/index.ts', import.meta.url).pathname,
      racecar: new URL('./src/index.ts', import.meta.url).pathname,
    },
  },
  test: {
    pool: 'forks',
    setupFiles: ['test/support/environment.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      project('unit', 0, { include: ['test/**/*.test.ts'], exclude: [...embedded, ...broker, ...process] }, {}),
      project('embedded', 1, { include: embedded }, { maxWorkers: 3 }),
      project('broker', 2, { include: broker, exclude: twoBrokers }, someAtATime),
      project('process', 2, { include: process }, someAtATime),
      project(
        'process on an embedded Kafka',
        2,
        { include: onBoth },
        { ...someAtATime, env: { KAFKA_TEST_ON: 'embedded' } },
      ),
      project('two brokers', 3, { include: twoBrokers }, { ...someAtATime, maxWorkers: 1 }),
    ],
  },
})
