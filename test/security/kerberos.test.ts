import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import type { Gss } from '../../src/security/gss.ts'
import { KDC_MS, Kerberos } from '../../src/security/kerberos.ts'
import { troubleOf } from '../../src/security/kerberos-trouble.ts'
import { Kinit } from '../../src/security/kinit.ts'
import { Unusable } from '../../src/security/pem.ts'
import type { ByTicket } from '../../src/security/sasl.ts'
import { forgetTickets, lookInto } from '../../src/security/ticket-cache.ts'
import { FakeClock } from '../support/fake-clock.ts'

const ann: ByTicket = { mechanism: 'GSSAPI', serviceName: 'kafka', principal: 'ann', tickets: { kind: 'cache' } }
const base64 = (text: string) => Buffer.from(text).toString('base64')
const AUTH = Buffer.from([1, 1, 0, 0]).toString('base64')

/** A library that takes two steps, and what it was asked. */
function library({ offer = AUTH, begin = async () => {} }: { offer?: string; begin?: () => Promise<void> } = {}) {
  const asked: [what: string, ...with: unknown[]][] = []
  let steps = 0
  const client = {
    username: 'ann@RACECAR.TEST',
    get contextComplete() {
      return steps === 2
    },
    async step(challenge: string) {
      asked.push(['step', challenge])
      steps += 1
      return steps === 1 ? base64('ticket') : null
    },
    async unwrap(challenge: string) {
      asked.push(['unwrap', challenge])
      return offer
    },
    async wrap(challenge: string, { user }: { user: string }) {
      asked.push(['wrap', [...Buffer.from(challenge, 'base64')], user])
      return base64('choice')
    },
  }
  const gss: Gss = {
    async initializeClient(service, options) {
      asked.push([service, options])
      await begin()
      return client
    },
  }
  return { gss, asked }
}

function kerberos(gss: Gss | (() => Gss), sasl: ByTicket = ann, isAnswered = async () => true) {
  const clock = new FakeClock()
  const warned: string[] = []
  const load = typeof gss === 'function' ? gss : () => gss
  const parts = { sasl, clock, warn: (why: string) => warned.push(why), load, isAnswered }
  return { clock, warned, subject: new Kerberos(parts) }
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a ticket', () => {
  test('is shown, the broker shows who it is, and nothing else is wrapped', async () => {
    const { gss, asked } = library()
    const said: string[] = []
    const answers = ['proof', 'offer', '']
    await kerberos(gss).subject.prove('broker-1', async token => {
      said.push(token.toString())
      return Buffer.from(answers.shift()!)
    })
    expect(said).toEqual(['ticket', '', 'choice'])
    expect(asked).toEqual([
      ['kafka@broker-1', { mechOID: 9, principal: 'ann' }],
      ['step', ''],
      ['step', base64('proof')],
      ['unwrap', base64('offer')],
      ['wrap', [0, 0, 0, 0, 0, 0, 0, 0], 'ann@RACECAR.TEST'],
    ])
  })

  test('is no use where the broker wants everything to be wrapped', async () => {
    for (const offer of [Buffer.from([6, 0, 16, 0]), Buffer.alloc(0)]) {
      const { gss } = library({ offer: offer.toString('base64') })
      const error = await failure(kerberos(gss).subject.prove('broker-1', async () => Buffer.from('x')))
      expect(error).toMatchObject({ isRefusal: true, message: expect.stringContaining('set its sasl.qop to auth') })
    }
  })

  test('is no matter where the connection breaks', async () => {
    const gone = new Error('gone')
    expect(await failure(kerberos(library().gss).subject.prove('broker-1', () => Promise.reject(gone)))).toBe(gone)
  })

  test('is not waited for beyond ten seconds, and asked for one at a time', async () => {
    const { gss, asked } = library({ begin: () => new Promise(() => {}) })
    const { clock, subject } = kerberos(gss)
    const say = async () => Buffer.alloc(0)
    const both = [failure(subject.prove('broker-1', say)), failure(subject.prove('broker-2', say))]
    await clock.advance(KDC_MS - 1)
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    for (const error of await Promise.all(both))
      expect(error).toMatchObject({
        isRefusal: false,
        message: expect.stringMatching(/^no KDC has answered within 10 s/),
      })
    expect(asked).toHaveLength(1)
  })

  test('is asked for in a process that can be ended, while no KDC answers, and as ever by another host', async () => {
    const first = deferred<void>()
    const begins = [() => first.promise]
    const { gss, asked } = library({ begin: async () => begins.shift()?.() })
    const probes: ((answered: boolean) => void)[] = []
    const { clock, subject } = kerberos(gss, ann, () => new Promise(resolve => probes.push(resolve)))
    const attempt = (host: string) => failure(subject.prove(host, () => Promise.reject(new Error('said'))))
    const late = attempt('broker-1')
    await clock.advance(KDC_MS)
    expect(await late).toMatchObject({ isRefusal: false })
    first.reject(new Error('Cannot contact any KDC'))

    const second = attempt('broker-1')
    await clock.advance(0)
    probes[0]!(false)
    expect(await second).toMatchObject({ message: expect.stringMatching(/^no KDC has answered/) })
    expect(await attempt('broker-2')).toMatchObject({ message: 'said' })
    const hosts = () => asked.map(([what]) => what).filter(what => /@/.test(what))
    expect(hosts()).toEqual(['kafka@broker-1', 'kafka@broker-2'])

    const third = attempt('broker-1')
    await clock.advance(0)
    probes[1]!(true)
    await third
    expect(hosts()).toEqual(['kafka@broker-1', 'kafka@broker-2', 'kafka@broker-1'])
  })

  test('needs its package', async () => {
    const missing = () => {
      throw new Unusable('needs the package kerberos')
    }
    const error = await failure(kerberos(missing).subject.prove('broker-1', async () => Buffer.alloc(0)))
    expect(error).toMatchObject({ isRefusal: true, message: 'needs the package kerberos' })
  })
})

describe('what Kerberos says', () => {
  const gss = 'Unspecified GSS failure.  Minor code may provide more information: '
  const none = 'No credentials were supplied, or the credentials were unavailable or inaccessible: '
  // As MIT's library 1.20 says it.
  test.each([
    [`${gss}Server nix/localhost@A.TEST not found in Kerberos database`, /^Server nix.*sasl_kerberos_service_name/],
    [`${none}Client 'eve@A.TEST' not found in Kerberos database`, /sasl_kerberos_principal and sasl_kerberos_keytab/],
    [`${gss}Ticket expired`, /^Ticket expired\. Get another one by kinit, or set sasl_kerberos_keytab/],
    [`${none}No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)`, /Get one by kinit, as the user/],
    [`${none}Can't find client principal bob@A.TEST in cache collection`, /Get one by kinit, as the user/],
    [`${none}Decrypt integrity check failed`, /have its keytab written anew/],
    [`${gss}Clock skew too great`, /Set the clock of this machine/],
    ['An invalid name was supplied: Configuration file does not specify default realm', /Set default_realm/],
    ['something new', /^something new\. KRB5_TRACE=\/dev\/stderr/],
  ])('is told with what to do, and ends a start: %s', (text, says) => {
    expect(troubleOf(text, 'cache')).toMatchObject({ isRefusal: true, message: expect.stringMatching(says) })
  })

  test.each([
    [`${none}Cannot contact any KDC for realm 'A.TEST'`, /^Cannot contact any KDC.*and at the way to them$/],
    [`${none}Cannot find KDC for realm "A.TEST"`, /Name the KDCs of this realm in krb5\.conf/],
    ['The referenced context has expired: Success', /The ticket came to its end while it was shown/],
    ['Cannot resolve network address for KDC in requested realm', /or look at what DNS says of them/],
  ])('of a KDC that does not answer is waited out: %s', (text, says) => {
    expect(troubleOf(text, 'keytab')).toMatchObject({ isRefusal: false, message: expect.stringMatching(says) })
  })

  test('leads to where tickets come from', () => {
    const cures = (['keytab', 'command', 'cache'] as const).map(
      kind => troubleOf(`${none}No Kerberos credentials available`, kind).message,
    )
    expect(cures).toEqual([
      expect.stringContaining('Look at sasl_kerberos_keytab'),
      expect.stringContaining('sasl_kerberos_kinit_cmd has put none into the cache'),
      expect.stringContaining('Get one by kinit'),
    ])
  })
})

describe('the command that gets tickets', () => {
  function kinit(againMs: number) {
    const clock = new FakeClock()
    const warned: string[] = []
    const runs: ((error?: Error) => void)[] = []
    const run = () => new Promise<void>((done, fail) => runs.push(error => (error ? fail(error) : done())))
    const subject = new Kinit({ command: () => 'kinit', againMs, clock, warn: why => warned.push(why), run })
    return { clock, warned, runs, subject }
  }

  test('is run once for all who wait, and again by the first who comes after its time', async () => {
    const { clock, runs, subject } = kinit(60_000)
    const all = [subject.fresh(), subject.fresh()]
    expect(runs).toHaveLength(1)
    runs[0]!()
    await Promise.all(all)
    await clock.advance(59_999)
    await subject.fresh()
    expect(runs).toHaveLength(1)
    await clock.advance(1)
    void subject.fresh()
    expect(runs).toHaveLength(2)
  })

  test('is run once alone where it is never to be run again', async () => {
    const { clock, runs, subject } = kinit(0)
    const first = subject.fresh()
    runs[0]!()
    await first
    await clock.advance(86_400_000)
    await subject.fresh()
    expect(runs).toHaveLength(1)
  })

  test('that fails ends an attempt, but not those of who has tickets', async () => {
    const { clock, runs, warned, subject } = kinit(1_000)
    const trouble = troubleOf('kinit: Preauthentication failed', 'command')
    const first = failure(subject.fresh())
    runs[0]!(trouble)
    expect(await first).toBe(trouble)
    const second = subject.fresh()
    runs[1]!()
    await second
    await clock.advance(1_000)
    const third = subject.fresh()
    runs[2]!(trouble)
    await third
    expect(warned).toEqual([expect.stringMatching(/^kinit: Preauth.*Going on with the tickets that are there\.$/)])
  })
})

describe('the environment of the library', () => {
  const keytab = { kind: 'keytab', file: '/etc/ann.keytab' } as const

  test('has a keytab, and a cache of this process', () => {
    const env = { KRB5CCNAME: 'FILE:/tmp/krb5cc_0', KRB5_CONFIG: 'mine' }
    lookInto(keytab, env, 7)
    const own = {
      KRB5CCNAME: 'MEMORY:racecar-7-0-/etc/ann.keytab',
      KRB5_CLIENT_KTNAME: 'FILE:/etc/ann.keytab',
      KRB5_CONFIG: 'mine',
    }
    expect(env).toEqual(own)
    lookInto(keytab, env, 7)
    expect(env).toEqual(own)
    // A worker of that process.
    lookInto({ ...keytab, file: 'FILE:/etc/bob.keytab' }, env, 8)
    expect(env).toEqual({
      ...own,
      KRB5CCNAME: 'MEMORY:racecar-8-0-/etc/bob.keytab',
      KRB5_CLIENT_KTNAME: 'FILE:/etc/bob.keytab',
    })
  })

  test('is left as it is for a cache that somebody else sees to, but for what a parent of ours has set', () => {
    const env: NodeJS.ProcessEnv = { KRB5CCNAME: 'FILE:/tmp/krb5cc_0' }
    lookInto({ kind: 'cache' }, env, 7)
    expect(env).toEqual({ KRB5CCNAME: 'FILE:/tmp/krb5cc_0' })
    lookInto(keytab, env, 7)
    lookInto({ kind: 'cache' }, env, 8)
    expect(env).toEqual({})
  })

  test('has another cache where tickets are to be got afresh, and none but that', () => {
    const env: NodeJS.ProcessEnv = {}
    forgetTickets(env)
    expect(env).toEqual({})
    lookInto(keytab, env, 7)
    forgetTickets(env)
    lookInto(keytab, env, 7)
    expect(env.KRB5CCNAME).toBe('MEMORY:racecar-7-1-/etc/ann.keytab')
  })

  test('is not shared by two who have tickets of different keytabs', () => {
    const env: NodeJS.ProcessEnv = {}
    lookInto(keytab, env, 7)
    for (const other of [{ kind: 'keytab', file: '/etc/bob.keytab' }, { kind: 'cache' }] as const)
      expect(() => lookInto(other, env, 7)).toThrow('this one has those of /etc/ann.keytab')
  })
})
