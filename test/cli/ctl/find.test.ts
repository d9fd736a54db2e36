import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { choose } from '../../../src/cli/ctl/find.ts'
import { placeOf } from '../../../src/supervisor/run-folder.ts'
import { NOBODY, Rig } from './rig.ts'

describe('without a name', () => {
  it('it is the one that runs', async () => {
    await using rig = new Rig()
    const control = await rig.racecar()
    expect(await choose({}, rig.ground())).toEqual({
      kind: 'one',
      target: { identity: rig.identity(), group: 'welcome', socket: control.path },
    })
  })

  it('nobody is meant where none runs, or what runs is dead', async () => {
    await using rig = new Rig()
    const nowhere = join(rig.home, 'nowhere')
    expect(await choose({}, rig.ground({ folders: [nowhere] }))).toEqual({
      kind: 'none',
      why: `not running: there is no racecar of yours in ${nowhere}.`,
    })
    writeFileSync(placeOf(rig.folder, rig.identity({ pid: NOBODY })).socket, '')
    expect(await choose({}, rig.ground())).toEqual({
      kind: 'none',
      why: `not running: there is no racecar of yours in ${rig.ground().folders.join(' or ')}.`,
    })
  })

  it('where several run nobody chooses between them', async () => {
    await using rig = new Rig()
    await rig.racecar()
    await rig.mute({ birth: rig.identity().birth, consumer: 'GoodbyeConsumer', pid: process.ppid })
    await rig.racecar({ birth: 'in another container', consumer: 'OtherConsumer' })
    const choice = await choose({}, rig.ground())
    expect(choice).toMatchObject({ kind: 'several' })
    const consumers = choice.kind === 'several' && choice.targets.map(({ identity }) => identity.consumer).sort()
    // That of the parent is silent, and its birth is not what the note says: it is another process by now.
    expect(consumers).toEqual(['OtherConsumer', 'WelcomeConsumer'])
  })

  it('one that does not answer is known by its note', async () => {
    await using rig = new Rig()
    await rig.mute()
    expect(await choose({}, rig.ground())).toMatchObject({
      kind: 'one',
      target: { identity: rig.identity(), group: null },
    })
  })

  it('a folder that others can write to is not believed', async () => {
    await using rig = new Rig()
    await rig.racecar()
    chmodSync(rig.folder, 0o777)
    const choice = await choose({}, rig.ground())
    expect(choice).toMatchObject({
      kind: 'none',
      why: expect.stringContaining(`${rig.folder} is open to others (mode 777)`),
    })
  })

  it('neither is a link to one', async () => {
    await using rig = new Rig()
    await rig.racecar()
    const link = join(rig.home, 'link')
    symlinkSync(rig.folder, link)
    expect(await choose({}, rig.ground({ folders: [link] }))).toMatchObject({
      kind: 'none',
      why: expect.stringContaining('is a link'),
    })
  })
})

describe('by its consumer', () => {
  it('it is the one that runs it', async () => {
    await using rig = new Rig()
    await rig.racecar()
    await rig.racecar({ birth: 'another', consumer: 'OtherConsumer' })
    expect(await choose({ consumer: 'OtherConsumer' }, rig.ground())).toMatchObject({
      kind: 'one',
      target: { identity: { consumer: 'OtherConsumer' } },
    })
    expect(await choose({ consumer: 'Other' }, rig.ground())).toEqual({
      kind: 'none',
      why: `not running: there is no racecar of yours that runs Other in ${rig.ground().folders.join(' or ')}.`,
    })
  })

  it('several that run the same are not chosen between', async () => {
    await using rig = new Rig()
    await rig.racecar()
    await rig.racecar({ birth: 'another' })
    expect(await choose({ consumer: 'WelcomeConsumer' }, rig.ground())).toMatchObject({ kind: 'several' })
  })
})

describe('by its pidfile', () => {
  it('it is the one that has it, whatever way leads there', async () => {
    await using rig = new Rig()
    const file = rig.write('racecar.pid', `${process.pid}\n`)
    await rig.racecar({ pidfile: file })
    symlinkSync(rig.home, join(rig.home, 'way'))
    for (const pidfile of [file, 'racecar.pid', './way/racecar.pid']) {
      expect(await choose({ pidfile }, rig.ground()), pidfile).toMatchObject({ kind: 'one' })
    }
  })

  it('one of those that run is found among them', async () => {
    await using rig = new Rig()
    const file = rig.write('racecar.pid', `${process.pid}\n`)
    await rig.racecar({ pidfile: file })
    await rig.racecar({ pid: process.ppid, birth: 'another', pidfile: join(rig.home, 'other.pid') })
    expect(await choose({ pidfile: file }, rig.ground())).toMatchObject({
      kind: 'one',
      target: { identity: { pidfile: file } },
    })
  })

  it('a process that is no racecar is left alone', async () => {
    await using rig = new Rig()
    const file = rig.write('racecar.pid', `${process.pid}\n`)
    expect(await choose({ pidfile: file }, rig.ground())).toEqual({
      kind: 'none',
      why: `${file} names the process ${process.pid}, which is no racecar of yours in ${rig.ground().folders.join(' or ')}. Nothing was done to it.`,
    })
  })

  it('a racecar with another pidfile is not the one that is meant', async () => {
    await using rig = new Rig()
    const file = rig.write('racecar.pid', `${process.pid}\n`)
    await rig.racecar({ pidfile: '/run/other.pid' })
    expect(await choose({ pidfile: file }, rig.ground())).toEqual({
      kind: 'none',
      why: `${file} names the process ${process.pid}, which runs WelcomeConsumer and has the pidfile /run/other.pid. Nothing was done to it.`,
    })
  })

  it('that was deleted while it runs it is still the one that has it', async () => {
    await using rig = new Rig()
    const file = join(rig.home, 'racecar.pid')
    await rig.racecar({ pidfile: file })
    expect(await choose({ pidfile: file }, rig.ground())).toMatchObject({ kind: 'one' })
    const other = join(rig.home, 'other.pid')
    const why = `not running: there is no pidfile ${other}.`
    expect(await choose({ pidfile: other }, rig.ground())).toEqual({ kind: 'none', why })
  })

  it('that names a stranger by now nobody is meant, not even the one that has it', async () => {
    await using rig = new Rig()
    const file = rig.write('racecar.pid', `${process.ppid}\n`)
    await rig.racecar({ pidfile: file })
    const places = rig.ground().folders.join(' or ')
    const why = `${file} names the process ${process.ppid}, which is no racecar of yours in ${places}. Nothing was done to it.`
    expect(await choose({ pidfile: file }, rig.ground())).toEqual({ kind: 'none', why })
  })

  it('a process that is gone does not run', async () => {
    await using rig = new Rig()
    const file = rig.write('racecar.pid', `${NOBODY}\n`)
    expect(await choose({ pidfile: file }, rig.ground())).toEqual({
      kind: 'none',
      why: `not running: the process ${NOBODY} that ${file} names is gone.`,
    })
  })

  it.each([
    ['that is empty', 'FILE is empty.', (file: string) => writeFileSync(file, '\n')],
    [
      'that holds garbage',
      'FILE holds something that is no process id.',
      (file: string) => writeFileSync(file, '12 monkeys'),
    ],
    ['that names process 0', 'FILE holds something that is no process id.', (file: string) => writeFileSync(file, '0')],
    ['that names a group', 'FILE holds something that is no process id.', (file: string) => writeFileSync(file, '-1')],
    ['that is a folder', 'FILE is no ordinary file.', (file: string) => mkdirSync(file)],
    ['that is a link', 'FILE is no ordinary file.', (file: string) => symlinkSync('/etc/hostname', file)],
  ])('one %s finds nobody', async (_, why, make) => {
    await using rig = new Rig()
    await rig.racecar({ pidfile: join(rig.home, 'racecar.pid') })
    const file = join(rig.home, 'racecar.pid')
    make(file)
    expect(await choose({ pidfile: file }, rig.ground())).toEqual({ kind: 'none', why: why.replace('FILE', file) })
  })
})
