// The clock of these tests is the one that users' tests run on.
export { FakeClock, turn } from '../../src/testing/fake-clock.ts'
