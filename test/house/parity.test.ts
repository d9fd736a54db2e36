// PARITY.md holds what it says: a test for each row, by its name, that the row is answered, that its tests are there, and that an option
// is in the table under its name, with the default that the page gives.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { camelOf, isOptionName, optionBySpelling, optionOf } from '../../src/config/names.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'PARITY.md'), 'utf8')

/** All of Racecar 2.12's, as its lib/racecar/config.rb declares them. */
const RACECAR = `
  brokers client_id offset_commit_interval heartbeat_interval min_message_queue_size partition_assignment_strategy consumer producer
  fetch_messages fetch_min_bytes synchronous_commits pause_timeout max_pause_timeout pause_with_exponential_backoff session_timeout
  max_poll_interval socket_timeout max_wait_time message_timeout max_bytes group_id_prefix group_id logfile log_level partitioner
  security_protocol ssl_ca_location ssl_crl_location ssl_keystore_location ssl_keystore_password ssl_certificate_location
  ssl_key_location ssl_key_password sasl_mechanism sasl_kerberos_service_name sasl_kerberos_principal sasl_kerberos_kinit_cmd
  sasl_kerberos_keytab sasl_kerberos_min_time_before_relogin sasl_username sasl_password sasl_over_ssl pidfile daemonize
  producer_compression_codec datadog_enabled datadog_host datadog_port datadog_socket_path datadog_namespace datadog_tags
  ssl_verify_hostname without_rails statistics_interval liveness_probe_enabled liveness_probe_file_path liveness_probe_max_interval
  liveness_probe_skip_config_files multi_subscription_strategy
`.match(/\w+/g)!

interface Row {
  readonly section: string
  readonly what: string
  readonly here: string
  readonly differs: string
  readonly tests: readonly string[]
}

function rowsOf(text: string): Row[] {
  let section = ''
  return text.split('\n').flatMap(line => {
    section = /^## (.+)$/.exec(line)?.[1] ?? section
    // A bar inside of code is written as \|.
    const cells = line.split(/(?<!\\)\|/).map(cell => cell.trim())
    if (!line.startsWith('|') || cells[1]!.startsWith('---') || cells[2] === 'here') return []
    const [, what = '', here = '', differs = '', links = ''] = cells
    const tests = [...links.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path!)
    return [{ section, what, here, differs, tests }]
  })
}

const rows = rowsOf(page)
const named = (row: Row): string | undefined => /^`(\w+)` \((.+)\)$/.exec(row.what)?.[1]
const optionRows = rows.filter(({ section }) => section === 'Options' || section === 'Secured connections')

describe('PARITY.md', () => {
  it('has been read', () => {
    expect(rows.length).toBeGreaterThan(150)
    const all = rows.map(({ section, what }) => `${section}: ${what}`)
    expect(all.filter((one, index) => all.indexOf(one) !== index)).toEqual([])
  })

  it.each(rows)('$section: $what', ({ here, differs, tests }) => {
    expect(`${here}${differs}`, 'an answer').not.toBe('')
    expect(`${here} ${differs}`).not.toMatch(/\b(open|to ?do|tbd|planned|not yet|later release)\b/i)
    expect(tests.length, 'tests').toBeGreaterThan(0)
    for (const test of tests) expect(existsSync(join(root, test)), test).toBe(true)
  })

  it.each(optionRows)('the option $what is in the table, with the default that is said', ({ what, here, differs }) => {
    const [, ruby] = /\((.+)\)$/.exec(what)!
    const spelled = here.replaceAll('`', '')
    const option = optionBySpelling.get(camelOf(spelled))
    expect(option && isOptionName(option), spelled).toBe(true)
    const own = optionOf(option!).default
    const isSame = ruby === '–' ? own === undefined || String(own) === '' : String(own) === ruby
    if (!isSame) expect(differs, `${spelled} is ${String(own)} here, ${ruby} there`).not.toBe('')
    expect(optionBySpelling.get(camelOf(named({ what } as Row)!)), 'Racecar’s own name is understood').toBe(option)
  })

  it('has each of Racecar’s options', () => {
    const told = new Set(optionRows.map(named))
    expect(RACECAR.filter(name => !told.has(name))).toEqual([])
    expect([...told].filter(name => !RACECAR.includes(name!))).toEqual([])
  })

  it('links pages that are there', () => {
    const links = [...page.matchAll(/\]\(([\w.]+\.md)\)/g)].map(([, path]) => path!)
    expect(links.filter(path => !existsSync(join(dirname(join(root, 'PARITY.md')), path)))).toEqual([])
  })
})
