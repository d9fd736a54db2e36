// EVENTS.md tells of every event with every field, and of nothing else; and each of Racecar's events has its place there.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { isLocal } from '../../src/events/local-events.ts'
import { sentences } from '../../src/observe/sentences.ts'

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Every event with the names of its fields, as the types have them. */
function declared(): Map<string, readonly string[]> {
  const source = file('src/events/bus.ts')
  const program = ts.createProgram([source], {
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
  })
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(source)!)!
  const all = checker.getExportsOfModule(module).find(({ name }) => name === 'AllEvents')!
  const fieldsOf = (symbol: ts.Symbol) =>
    checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol)).map(({ name }) => name)
  const events = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(all))
  return new Map(events.map(event => [event.name, fieldsOf(event)]))
}

interface Row {
  readonly event: string
  readonly isLocal: boolean
  readonly racecars: readonly string[]
  readonly fields: readonly string[]
}

const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, inside]) => inside!)

const rows: readonly Row[] = readFileSync(file('EVENTS.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| `/.test(line))
  .map(line => {
    const [event, racecars, , data] = line.split('|').slice(1, -1) as [string, string, string, string]
    const who = data.includes('_who_') ? ['clientId', 'consumer', 'groupId'] : []
    return {
      event: quoted(event)[0]!,
      isLocal: event.includes('◦'),
      racecars: quoted(racecars),
      fields: [...who, ...quoted(data)],
    }
  })

/** What Racecar for Ruby instruments. */
const RACECARS = [
  'start_main_loop',
  'main_loop',
  'start_process_message',
  'process_message',
  'start_process_batch',
  'process_batch',
  'pause_status',
  'poll_retry',
  'join_group',
  'leave_group',
  'partitions_assigned',
  'partitions_revoked',
  'produce_message',
  'produce_async',
  'produce_sync',
  'deliver_messages',
  'acknowledged_message',
  'produce_delivery_error',
  'shut_down',
]

describe('EVENTS.md', () => {
  const events = declared()

  it('has a row for each event, and each once', () => {
    expect(events.size).toBeGreaterThan(60)
    expect(rows.map(({ event }) => event).sort()).toEqual([...events.keys()].sort())
  })

  it('names the fields of each', () => {
    const told = Object.fromEntries(rows.map(({ event, fields }) => [event, fields.toSorted()]))
    expect(told).toEqual(Object.fromEntries([...events].map(([event, fields]) => [event, fields.toSorted()])))
  })

  it('marks those that stay in their process, which make no lines', () => {
    const marked = rows.filter(row => row.isLocal).map(({ event }) => event)
    expect(marked.sort()).toEqual([...events.keys()].filter(isLocal).sort())
    expect(Object.keys(sentences).sort()).toEqual([...events.keys()].filter(event => !isLocal(event)).sort())
  })

  it('has a place for each of Racecar’s', () => {
    expect([...new Set(rows.flatMap(({ racecars }) => racecars))].sort()).toEqual(RACECARS.toSorted())
  })
})
