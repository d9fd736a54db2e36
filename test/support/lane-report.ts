// What a worker says of a partition where nothing is the matter, and of its process.

import type { LaneReport, Report } from '../../src/messages.ts'

export const lane: LaneReport = {
  topic: 'greetings',
  partition: 0,
  position: 7,
  committed: 5,
  lag: 2,
  waiting: 1,
  state: 'waiting',
  inHandOffset: null,
  inHandLastOffset: null,
  inHandForMs: null,
  pausedForMs: null,
  quiet: false,
  why: null,
}

export const usage = { memoryBytes: 84 * 2 ** 20, cpuPercent: 2.5, loopDelayMs: 1, overMs: 3000 }

export const report: Report = { beatAgoMs: 500, lanes: [lane], usage }
