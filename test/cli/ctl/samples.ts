// A slot and a partition where nothing is the matter, as they are told to racecarctl.

import type { PartitionStatus, SlotStatus } from '../../../src/supervisor/status.ts'

export const aSlot: SlotStatus = {
  name: 'WelcomeConsumer/0',
  pid: 101,
  state: 'up',
  since: new Date(0).toISOString(),
  nextAt: null,
  restarts: 0,
  lastReason: null,
  answers: true,
  lastHeard: null,
  answeredAt: new Date(0).toISOString(),
  lastBeatAt: null,
  memoryBytes: 84 * 2 ** 20,
  cpuPercent: 2.4,
  loopDelayMs: 1,
  measuredOverMs: 1000,
  partitions: [],
}

export const aPartition: PartitionStatus = {
  topic: 'greetings',
  partition: 0,
  position: 7,
  committed: 5,
  lag: 2,
  waiting: 1,
  paused: false,
  pausedUntil: null,
  inHandOffset: null,
  inHandLastOffset: null,
  inHandSince: null,
  quiet: false,
  why: null,
}
