// DATADOG.md tells of the metrics that are sent, and of no others; the dashboard shows them, and no others.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { datadogOptions } from '../../src/config/datadog-options.ts'
import { METRICS } from '../../src/datadog/metrics.ts'

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')

/** For this one a name follows. */
const OF_ERRORS = 'consumer.poll.rdkafka_error'
/** What Datadog makes of a timing or a histogram. */
const PARTS = ['.avg', '.median', '.95percentile', '.max', '.count']
const names = Object.keys(METRICS) as (keyof typeof METRICS)[]

describe('DATADOG.md', () => {
  const page = read('DATADOG.md')
  const rows = [...page.matchAll(/^\| `((?:consumer|producer)\.[^`]+)` *\| (\w+)/gm)]

  it('has a row for each metric, with its kind', () => {
    const told = rows.map(([, name, kind]) => [name!.replace('.<name>', ''), kind])
    expect(Object.fromEntries(told)).toEqual(METRICS)
    expect(told).toHaveLength(names.length)
  })

  it('has a row for each option', () => {
    const options = [...page.matchAll(/^\| `(datadog_\w+)`/gm)].map(([, name]) => name!)
    const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    expect(options.sort()).toEqual(Object.keys(datadogOptions).map(snake).sort())
  })
})

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('extra/datadog-dashboard.json')) as { widgets: unknown[]; layout_type: string }
  const queries = [...JSON.stringify(dashboard).matchAll(/"query":"([^"]+)"/g)].map(([, query]) => query!)

  it('is one that can be imported', () => {
    expect(dashboard).toMatchObject({ title: 'Racecar', layout_type: 'ordered' })
    expect(dashboard.widgets.length).toBeGreaterThan(3)
  })

  it('asks for what is sent, by what each kind of metric becomes, and leaves nothing out', () => {
    const suffixes = { count: [''], gauge: [''], timing: PARTS, histogram: PARTS }
    const sent = new Map(names.flatMap(name => suffixes[METRICS[name]].map(suffix => [name + suffix, name] as const)))
    const asked = queries.map(query => /^(?:sum|avg|max|min):racecar\.([a-z_.0-9]+)\{/.exec(query)?.[1] ?? query)
    const nameOf = (metric: string) => (metric.startsWith(`${OF_ERRORS}.`) ? OF_ERRORS : sent.get(metric))
    expect(asked.filter(metric => nameOf(metric) === undefined)).toEqual([])
    expect([...new Set(asked.map(nameOf))].sort()).toEqual(names.toSorted())
  })

  it('adds up only what can be', () => {
    const sums = queries.filter(query => query.startsWith('sum:'))
    expect(sums.filter(query => !/\.as_(rate|count)\(\)$/.test(query))).toEqual([])
  })
})
