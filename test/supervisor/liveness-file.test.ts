import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import type promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { LivenessFile } from '../../src/supervisor/liveness-file.ts'
import { lifeOf } from '../../src/supervisor/slots-file.ts'
import { FakeClock } from '../support/fake-clock.ts'

const clock = new FakeClock(Date.UTC(2026, 0, 1))
const watch = { clock, maxIntervalMs: 5000 }

/** What another racecar does, at the worst of moments. */
let meanwhile = (): void => {}
vi.mock('node:fs/promises', async original => {
  const real = await original<typeof promises>()
  const rename: typeof real.rename = (from, to) => {
    meanwhile()
    return real.rename(from, to)
  }
  return { ...real, rename }
})

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-liveness-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'alive')
}

async function claimed(path: string): Promise<LivenessFile> {
  const file = await LivenessFile.claim(path, watch)
  onTestFinished(() => file.release().catch(() => {}))
  return file
}

const dead = JSON.stringify({ ...lifeOf(process.pid), birth: 'another boot:7' })

it('it is there from the start, has the time that it is touched at, and is gone with its racecar', async () => {
  const path = place()
  const before = process.listenerCount('exit')
  const file = await LivenessFile.claim(path, watch)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(lifeOf(process.pid))
  await file.touch(Date.UTC(2026, 0, 1))
  expect(statSync(path).mtimeMs).toBe(Date.UTC(2026, 0, 1))
  await file.release()
  expect(existsSync(path)).toBe(false)
  expect(process.listenerCount('exit')).toBe(before)
})

it.each([
  ['of a racecar that is gone', dead],
  ['that is empty', ''],
])('a file %s is taken over, and is another file then', async (_, text) => {
  const path = place()
  writeFileSync(path, text)
  linkSync(path, `${path}-before`)
  utimesSync(path, 1, 1)
  await claimed(path)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(lifeOf(process.pid))
  expect(readFileSync(`${path}-before`, 'utf8')).toBe(text)
  expect(statSync(`${path}-before`).mtimeMs).toBe(1000)
})

it.each([
  [
    'something else',
    (path: string) => writeFileSync(path, 'precious'),
    'it holds something that no racecar has written',
  ],
  ['other JSON', (path: string) => writeFileSync(path, '{"pid":1}'), 'it holds something that no racecar has written'],
  ['a folder', (path: string) => mkdirSync(path), 'what is there is no ordinary file'],
  ['a link', (path: string) => symlinkSync('/etc/hostname', path), 'what is there is no ordinary file'],
  ['a link that leads nowhere', (path: string) => symlinkSync('/nowhere', path), 'what is there is no ordinary file'],
  [
    'the file of one that lives',
    (path: string) => writeFileSync(path, JSON.stringify(lifeOf(process.ppid))),
    `the racecar ${process.ppid} touches it, and each needs its own`,
  ],
])('%s is left as it is, and the start fails with 73', async (_, put, why) => {
  const path = place()
  put(path)
  const looks = () => {
    const { ino, size, mtimeMs } = lstatSync(path)
    return [ino, size, mtimeMs]
  }
  const before = looks()
  const claim = LivenessFile.claim(path, watch)
  await expect(claim).rejects.toMatchObject({ code: 'CANNOT_CREATE', exitCode: 73 })
  await expect(claim).rejects.toThrow(`The liveness file ${path} (liveness_probe_file_path) cannot be written: ${why}.`)
  expect(looks()).toEqual(before)
})

it('a folder that is not there is told', async () => {
  await expect(LivenessFile.claim('/no/such/folder/alive', watch)).rejects.toThrow('/no/such/folder/alive')
})

it('one that was tidied away is made again', async () => {
  const path = place()
  const file = await claimed(path)
  rmSync(path)
  await file.touch(5000)
  expect(statSync(path).mtimeMs).toBe(5000)
})

it('what somebody else has put in its place is neither touched nor deleted', async () => {
  const path = place()
  const file = await claimed(path)
  writeFileSync(`${path}-other`, 'other')
  utimesSync(`${path}-other`, 1, 1)
  rmSync(path)
  symlinkSync(`${path}-other`, path)
  await expect(file.touch(5000)).rejects.toThrow('somebody else has put a file in its place')
  await file.release()
  expect(statSync(path).mtimeMs).toBe(1000)
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
})

it('of two that start at once one has it, and the other takes nothing away', async () => {
  const path = place()
  const other = JSON.stringify(lifeOf(process.ppid))
  writeFileSync(path, dead)
  utimesSync(path, 1, 1)
  onTestFinished(() => {
    meanwhile = () => {}
  })
  meanwhile = () => {
    renameSync(path, `${path}-before`)
    writeFileSync(path, other)
  }
  const claim = LivenessFile.claim(path, watch)
  await expect(claim).rejects.toMatchObject({ code: 'CANNOT_CREATE' })
  await expect(claim).rejects.toThrow('another racecar that starts has just made it, and each needs its own')
  expect(readFileSync(path, 'utf8')).toBe(other)
  expect(readdirSync(join(path, '..')).sort()).toEqual(['alive', 'alive-before'])
})

it('of two that find the same file, or none, one has it', async () => {
  for (const isThere of [true, false]) {
    const path = place()
    if (isThere) writeFileSync(path, dead)
    if (isThere) utimesSync(path, 1, 1)
    const both = await Promise.allSettled([claimed(path), claimed(path)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = both.find(({ status }) => status === 'rejected')
    expect(refused).toMatchObject({ reason: { code: 'CANNOT_CREATE' } })
    expect(String((refused as PromiseRejectedResult).reason)).toContain('and each needs its own')
    expect(readdirSync(join(path, '..'))).toEqual(['alive'])
  }
})

it('a young file is watched: who touches it lives, even where nobody here can see its process', async () => {
  const path = place()
  const put = () => {
    writeFileSync(path, dead)
    utimesSync(path, clock.epoch() / 1000, clock.epoch() / 1000)
  }
  put()
  const refused = expect(LivenessFile.claim(path, watch)).rejects.toThrow(
    'another racecar touches it, in another container perhaps, and each needs its own',
  )
  await vi.waitFor(() => expect(clock.pending).toBe(1))
  utimesSync(path, clock.epoch() / 1000 + 1, clock.epoch() / 1000 + 1)
  await clock.advance(2000)
  await refused
  expect(readFileSync(path, 'utf8')).toBe(dead)
  put()
  const taken = claimed(path)
  await vi.waitFor(() => expect(clock.pending).toBe(1))
  await clock.advance(2000)
  await taken
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(lifeOf(process.pid))
})
