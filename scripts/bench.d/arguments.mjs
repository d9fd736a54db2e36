// The command line of the benchmark: which rows, how many pairs, how many messages.
import { parseArgs } from 'node:util'

const usage = known => `Usage: scripts/bench [row ...] [--pairs N] [--messages N]

Rows: ${known.join(', ')}; all of them by default.
--pairs N      how often each contender runs, in turn with the others (5)
--messages N   messages of 100 bytes in rows 1 to 3 (1000000)`

/** `{ rows, pairs, messages }`, or `{ usage }` with the text to print and the exit code that goes with it. */
export function readArguments(argv, known) {
  const options = {
    pairs: { type: 'string', default: '5' },
    messages: { type: 'string', default: '1000000' },
    help: { type: 'boolean', short: 'h', default: false },
  }
  try {
    const { positionals, values } = parseArgs({ args: argv, options, allowPositionals: true })
    if (values.help) return { usage: usage(known), exitCode: 0 }
    const strange = positionals.find(row => !known.includes(row))
    if (strange !== undefined) throw new Error(`There is no row ${strange}.`)
    const [pairs, messages] = [atLeastOne('pairs', values.pairs), atLeastOne('messages', values.messages)]
    return { rows: positionals.length > 0 ? known.filter(row => positionals.includes(row)) : known, pairs, messages }
  } catch (error) {
    return { usage: `${error.message}\n${usage(known)}`, exitCode: 64 }
  }
}

function atLeastOne(name, text) {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is ${text}: give a whole number from 1 on.`)
  return number
}
