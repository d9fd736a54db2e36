// The benchmark: rows, one after the other, and the table at the end. It says what it measures and judges nothing: its exit code
// tells whether all could be measured, never whether a goal was reached.
import { availableParallelism, loadavg } from 'node:os'
import { startShared } from '../broker.d/index.mjs'
import { readArguments } from './arguments.mjs'
import { Bench } from './kafka.mjs'
import { killAll } from './program.mjs'
import { rolloutRow, sizeRow } from './rows/deployment.mjs'
import { killRow, scaleRow } from './rows/gaps.mjs'
import { memoryRow } from './rows/memory.mjs'
import { firstMessageRow, freshGroupRow } from './rows/starting.mjs'
import { stopRow } from './rows/stopping.mjs'
import { batchRow, delayedRow, processRow } from './rows/throughput.mjs'
import { table } from './table.mjs'
import { removeTemporary } from './temporary.mjs'

const rows = {
  1: processRow,
  2: batchRow,
  3: delayedRow,
  7: memoryRow,
  8: firstMessageRow,
  9: killRow,
  11: stopRow,
  15: freshGroupRow,
  17: scaleRow,
  size: sizeRow,
  rollout: rolloutRow,
}

const say = line => process.stderr.write(`${line}\n`)

const wanted = readArguments(process.argv.slice(2), Object.keys(rows))
if (wanted.usage) {
  console.log(wanted.usage)
  process.exit(wanted.exitCode)
}
process.on('exit', () => {
  killAll()
  removeTemporary()
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
await measure(wanted)

async function measure({ rows: names, pairs, messages }) {
  const bench = new Bench({ brokers: await startShared({ report: say }), pairs, messages, say })
  await bench.open()
  const before = loadavg()[0]
  const lines = []
  const notes = []
  for (const name of names) {
    say(`Row ${name}`)
    try {
      const result = await rows[name](bench)
      lines.push(...result.lines.map(line => ({ ...line, row: name })))
      notes.push(...(result.notes ?? []))
    } catch (error) {
      killAll()
      say(`  could not be measured: ${error.message}`)
      lines.push({ row: name, measure: `could not be measured: ${error.message.split('\n')[0]}` })
      process.exitCode = 1
    }
  }
  await bench.close()
  print(lines, notes)
  const load = `load average ${before.toFixed(1)} before, ${loadavg()[0].toFixed(1)} after`
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} cores, broker and client together; medians of ${pairs}; ${load}.`,
  )
}

function print(lines, notes) {
  const reached = ({ met }) => (met === undefined ? '' : met ? 'yes' : 'no')
  const cells = line => [line.row, line.measure, line.ours, line.beside, line.ratio, line.goal, reached(line)]
  console.log(`\n${table(['#', 'measure', 'ours', 'beside', 'ratio', 'goal', 'reached'], lines.map(cells))}\n`)
  if (notes.length === 0) return
  const head = ['', '', 'messages/s (least – most)', 'CPU s per million', 'peak MB']
  console.log(
    `${table(
      head,
      notes.map(({ row, name, perSecond, cpu, peak }) => [row, name, perSecond, cpu, peak]),
    )}\n`,
  )
}
