import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { Health } from '../../src/cli/health.ts'

let health: Health | undefined
afterEach(() => health?.close())

const desk = { lost: [] as string[], helpless: () => desk.lost, outline: () => ({ up: 1, of: 2 }) }
const progress = { isReady: false, isEnding: false }
const open = async () => {
  Object.assign(desk, { lost: [] })
  Object.assign(progress, { isReady: false, isEnding: false })
  health = await Health.open({ port: 0, host: '127.0.0.1', desk, progress })
  return health
}

const ask = async (path: string, method = 'GET') => {
  const answer = await fetch(health!.address + path, { method })
  const text = await answer.text()
  return [answer.status, text === '' ? '' : (JSON.parse(text) as unknown)]
}
const workers = { up: 1, of: 2 }

it('it lives as long as something can be done for each consumer', async () => {
  await open()
  expect(await ask('/health')).toEqual([200, { ok: true, workers }])
  desk.lost = ['A', 'B']
  expect(await ask('/health')).toEqual([503, { ok: false, why: 'nothing can be done any more for A, B', workers }])
})

it('it is ready once all workers are members, until it stops', async () => {
  await open()
  expect(await ask('/ready')).toEqual([503, { ok: false, why: 'workers are not up yet', workers }])
  desk.outline = () => ({ up: 2, of: 2 })
  const why = 'not all workers are members of their group yet'
  expect(await ask('/ready')).toEqual([503, { ok: false, why, workers: { up: 2, of: 2 } }])
  progress.isReady = true
  expect(await ask('/ready?verbose')).toEqual([200, { ok: true, workers: { up: 2, of: 2 } }])
  desk.lost = ['A']
  expect(await ask('/ready')).toEqual([503, expect.objectContaining({ ok: false })])
  progress.isEnding = true
  expect(await ask('/ready')).toEqual([503, expect.objectContaining({ why: 'it stops' })])
})

it('answers what it is asked for, and nothing else', async () => {
  await open()
  expect(await ask('/health', 'HEAD')).toEqual([200, ''])
  expect(await ask('/')).toEqual([404, ''])
  expect(await ask('/health', 'POST')).toEqual([405, ''])
  const socket = connect(Number(new URL(health!.address).port), '127.0.0.1')
  socket.write('no HTTP\r\n\r\n')
  await new Promise(resolve => socket.once('close', resolve))
  expect((await ask('/health'))[0]).toBe(200)
})

it('ends with 73 where somebody else listens, and says so', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  await expect(Health.open({ port, host: '127.0.0.1', desk, progress })).rejects.toMatchObject({
    code: 'CANNOT_CREATE',
    exitCode: 73,
    message: `health_port ${port} of 127.0.0.1 cannot be listened at: another program listens there.`,
  })
  await new Promise(resolve => other.close(resolve))
})
