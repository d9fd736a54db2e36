import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Ask, Authentication, SaslError } from '../../../src/engine/kafkajs/authentication.ts'
import { actionFor, codeOf } from '../../../src/engine/kafkajs/codes.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { ByPassword } from '../../../src/security/sasl.ts'

const clock = systemClock
const sasl: ByPassword = { mechanism: 'PLAIN', username: 'ann', password: () => 'hunter2' }
const ann = { sasl, clock }

interface Answering {
  readonly toHandshake?: number
  readonly toWords?: number
  /** What it says itself. */
  readonly says?: string
  readonly lifetime?: string
}

/** A broker that answers so, and what it was told. */
function broker({ toHandshake = 0, toWords = 0, says = '', lifetime }: Answering = {}) {
  const told: string[] = []
  const mechanisms: string[] = []
  const ask = async (api: string, args: { authBytes?: Buffer; mechanism?: string }) => {
    if (api === 'SaslHandshake') {
      mechanisms.push(args.mechanism!)
      return { errorCode: toHandshake, enabledMechanisms: ['SCRAM-SHA-512', 'GSSAPI'] }
    }
    told.push(args.authBytes!.toString('utf8', 4))
    const authBytes = Buffer.concat([Buffer.alloc(4), Buffer.from(says)])
    return { errorCode: toWords, errorMessage: null, authBytes, sessionLifetimeMs: lifetime }
  }
  return { ask: ask as Ask, told, mechanisms }
}

const failure = (authentication: Authentication, ask: Ask) =>
  authentication.perform(ask, 'kafka:9092').then(
    () => undefined,
    (error: unknown) => error,
  )

describe('who we are', () => {
  test('is said once, and holds for as long as the broker says', async () => {
    const { ask, told } = broker({ lifetime: '3000' })
    expect(await new Authentication(ann).perform(ask, 'kafka:9092')).toBe(3000)
    expect(told).toEqual(['\0ann\0hunter2'])
    for (const lifetime of ['0', undefined])
      expect(await new Authentication(ann).perform(broker({ lifetime } as Answering).ask, '')).toBe(Infinity)
  })

  test.each<[Answering, string]>([
    [
      { toHandshake: codeOf('UNSUPPORTED_SASL_MECHANISM') },
      'kafka:9092 knows no PLAIN: set sasl_mechanism to one of SCRAM-SHA-512, GSSAPI',
    ],
    [
      { toHandshake: codeOf('ILLEGAL_SASL_STATE') },
      'kafka:9092 does not ask who we are: name the port that does, or set security_protocol to plaintext or ssl',
    ],
    [
      { toWords: codeOf('SASL_AUTHENTICATION_FAILED') },
      'kafka:9092 does not let us in as ann by PLAIN: SASL_AUTHENTICATION_FAILED. Look at sasl_username and sasl_password',
    ],
  ])('that is refused is told with what can be done: %o', async (answering, message) => {
    const error = await failure(new Authentication(ann), broker(answering).ask)
    expect(error).toBeInstanceOf(SaslError)
    expect(error).toMatchObject({ message })
  })

  test('that was never right ends what was begun; once it was, the same error is a passing one', async () => {
    const authentication = new Authentication(ann)
    const refusing = broker({ toWords: codeOf('SASL_AUTHENTICATION_FAILED') })
    const error = await failure(authentication, refusing.ask)
    expect(actionFor(error)).toBe('denied')
    await authentication.perform(broker().ask, 'other:9092')
    expect(actionFor(error)).toBe('coordinator')
    expect(actionFor(await failure(authentication, refusing.ask))).toBe('coordinator')
  })

  test('is not shown by SCRAM to a broker that does not answer to it', async () => {
    const { ask, told } = broker({ says: 'r=somebody,s=c2FsdA==,i=4096' })
    const error = await failure(new Authentication({ sasl: { ...sasl, mechanism: 'SCRAM-SHA-256' }, clock }), ask)
    expect(error).toMatchObject({ name: 'SaslError', message: expect.stringMatching(/^kafka:9092 does not answer to/) })
    expect(told).toEqual([expect.stringMatching(/^n,,n=ann,r=/)])
  })

  test('is no matter where the connection breaks', async () => {
    const gone = new Error('gone')
    expect(await failure(new Authentication(ann), () => Promise.reject(gone))).toBe(gone)
  })
})

describe('a token', () => {
  const from = { kind: 'msk', region: 'eu-west-1' } as const
  const msk = { sasl: { mechanism: 'AWS_MSK_IAM', from, extensions: { pool: 'blue' } } as const, clock }
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hunter2hunter2')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test('is shown as OAUTHBEARER, whoever has signed it', async () => {
    const { ask, told, mechanisms } = broker()
    await new Authentication(msk).perform(ask, 'kafka:9092')
    expect(mechanisms).toEqual(['OAUTHBEARER'])
    expect(told.map(words => words.split('\x01'))).toEqual([
      ['n,,', expect.stringMatching(/^auth=Bearer [\w-]+$/), 'pool=blue', '', ''],
    ])
  })

  test('that a broker does not take is told with what to look at', async () => {
    const { ask, told } = broker({ toWords: codeOf('SASL_AUTHENTICATION_FAILED') })
    const authentication = new Authentication(msk)
    for (let i = 0; i < 2; i++)
      expect(await failure(authentication, ask)).toMatchObject({
        name: 'SaslError',
        message:
          "kafka:9092 does not let us in by AWS_MSK_IAM: SASL_AUTHENTICATION_FAILED. Look at sasl_aws_region, AWS's credentials and their policy (kafka-cluster:Connect)",
      })
    expect(told).toHaveLength(2)
  })

  test('is kept where a connection breaks on which it is shown: whoever gives it is not asked by each that comes after', async () => {
    let late = 0
    const authentication = new Authentication({ ...msk, clock: { ...clock, now: () => clock.now() + late } })
    const shown: string[] = []
    const breaking = (async (api: string, args: { authBytes?: Buffer }) => {
      if (api === 'SaslHandshake') return { errorCode: 0, enabledMechanisms: [] }
      shown.push(args.authBytes!.toString())
      throw new Error('gone')
    }) as Ask
    await failure(authentication, breaking)
    late = 60_000
    await failure(authentication, breaking)
    // What is signed anew would be another one.
    await new Promise(resolve => setTimeout(resolve, 1_100))
    await failure(authentication, breaking)
    expect(new Set(shown).size).toBe(1)
  })

  test('that is refused is heard out, so that the broker says why', async () => {
    const { ask, told } = broker({ says: '{"status":"invalid_token"}' })
    await new Authentication(msk).perform(ask, 'kafka:9092')
    expect(told[1]).toBe('\x01')
  })

  test('that there is none of is waited for, even at a start', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('HOME', '/nowhere')
    const error = await failure(new Authentication(msk), broker().ask)
    expect(error).toMatchObject({ name: 'NoToken', message: expect.stringMatching(/^no token for AWS_MSK_IAM: AWS's/) })
    expect(actionFor(error)).toBe('coordinator')
  })
})
