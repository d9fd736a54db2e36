// A client that notes down what it is given.

import type { Client } from '../../src/datadog/client.ts'

type Sent = [how: string, name: string, value: unknown, tags: readonly string[]]

export function recorder() {
  const sent: Sent[] = []
  let flushes = 0
  const note = (how: string) => (name: string, value: unknown, tags: readonly string[]) =>
    void sent.push([how, name, value, tags])
  const client: Client = {
    increment: note('increment'),
    gauge: note('gauge'),
    timing: note('timing'),
    histogram: note('histogram'),
    flush: () => flushes++,
    close: done => done(),
  }
  return { client, sent, flushes: () => flushes }
}
