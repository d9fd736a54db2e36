import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { LivenessFile } from '../../src/supervisor/liveness-file.ts'
import { lifeOf } from '../../src/supervisor/slots-file.ts'

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'racecar-liveness-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'alive')
}

async function claimed(path: string): Promise<LivenessFile> {
  const file = await LivenessFile.claim(path)
  onTestFinished(() => file.release().catch(() => {}))
  return file
}

const dead = JSON.stringify({ ...lifeOf(process.pid), birth: 'another boot:7' })

it('it is there from the start, has the time that it is touched at, and is gone with its racecar', async () => {
  const path = place()
  const before = process.listenerCount('exit')
  const file = await LivenessFile.claim(path)
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
  const claim = LivenessFile.claim(path)
  await expect(claim).rejects.toMatchObject({ code: 'CANNOT_CREATE', exitCode: 73 })
  await expect(claim).rejects.toThrow(`The liveness file ${path} (liveness_probe_file_path) cannot be written: ${why}.`)
  expect(looks()).toEqual(before)
})

it('a folder that is not there is told', async () => {
  await expect(LivenessFile.claim('/no/such/folder/alive')).rejects.toThrow('/no/such/folder/alive')
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
