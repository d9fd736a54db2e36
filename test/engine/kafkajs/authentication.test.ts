import { describe, expect, test } from 'vitest'
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
  const ask = async (api: string, args: { authBytes?: Buffer }) => {
    if (api === 'SaslHandshake') return { errorCode: toHandshake, enabledMechanisms: ['SCRAM-SHA-512', 'GSSAPI'] }
    told.push(args.authBytes!.toString('utf8', 4))
    const authBytes = Buffer.concat([Buffer.alloc(4), Buffer.from(says)])
    return { errorCode: toWords, errorMessage: null, authBytes, sessionLifetimeMs: lifetime }
  }
  return { ask: ask as Ask, told }
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
