// racecar as a library: what a program starts ends without ending the program, and leaves nothing that would keep it alive.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { NOWHERE, Project } from '../../support/process.ts'
import { TestTopics } from '../../support/topics.ts'

class Program {
  readonly project: Project
  readonly child: ChildProcess
  readonly closed: Promise<unknown>
  out = ''
  err = ''

  constructor(project: Project, code: string) {
    this.project = project
    project.write('program.js', `import { Consumer, run } from 'racecar'\n${code}\nconsole.log('goes on')\n`)
    const env = { ...process.env, XDG_RUNTIME_DIR: project.folder, SAID: project.path('said') }
    this.child = spawn(process.execPath, ['program.js'], { cwd: project.folder, env })
    this.child.stdout!.on('data', chunk => (this.out += chunk))
    this.child.stderr!.on('data', chunk => (this.err += chunk))
    this.closed = once(this.child, 'close')
  }

  get lines(): string[] {
    return this.out.split('\n').filter(line => line !== '' && !line.startsWith('{'))
  }

  /** Of its own accord. */
  async ended(): Promise<number | null> {
    await this.closed
    this.project.expectNothingLeft()
    return this.child.exitCode
  }
}

it('a program runs a class in its own process, on a Kafka, until it stops it', async () => {
  await using project = new Project()
  const port = await freePort()
  const program = new Program(
    project,
    `class NameConsumer extends Consumer {
       static { this.subscribesTo('names'); this.configure({ workers: 3 }) }
       process({ value }) { console.log(value, process.pid); if (value === 'Bob') void running.stop() }
       teardown() { console.log('torn down') }
     }
     const running = run(NameConsumer, { embedded: true, brokers: ['localhost:${port}'] })
     console.log('ended with', await running.done)`,
  )
  await expect.poll(() => program.out + program.err, { timeout: 30_000 }).toContain('partitions.assigned')
  const topics = await TestTopics.open(`127.0.0.1:${port}`)
  await topics.produce('names', [
    { value: 'Ada', partition: 0 },
    { value: 'Bob', partition: 0 },
  ])
  await topics.close({ keepTopics: true })
  const { pid } = program.child
  expect(await program.ended(), program.err).toBe(0)
  expect(program.lines).toEqual([`Ada ${pid}`, `Bob ${pid}`, 'torn down', 'ended with 0', 'goes on'])
})

it('a program runs a consumer by its name, with workers of its own', async () => {
  await using project = new Project({ members: "initialize() { say('initialized ' + process.pid) }" })
  const program = new Program(
    project,
    `const running = run('WelcomeConsumer', { workers: 2, brokers: ['${NOWHERE}'] })
     process.on('SIGUSR2', () => void running.stop())
     console.log('ended with', await running.done)`,
  )
  await project.until('two workers', () => project.said.length === 2)
  program.child.kill('SIGUSR2')
  expect(await program.ended(), program.err).toBe(0)
  expect(project.said).not.toContain(`initialized ${program.child.pid}`)
  expect(program.lines).toEqual(['ended with 0', 'goes on'])
})

it('a SIGTERM stops what runs in the program, and not the program; without signals it is the program’s alone', async () => {
  await using project = new Project({ members: "initialize() { say('initialized') }" })
  const program = new Program(
    project,
    `const deaf = run('WelcomeConsumer', { workers: 1, brokers: ['${NOWHERE}'], groupId: 'deaf' }, { signals: false })
     class Other extends Consumer { static { this.subscribesTo('names') } process() {} initialize() { console.log('up') } }
     console.log('ended with', await run(Other, { brokers: ['${NOWHERE}'] }).done)
     const early = await Promise.race([deaf.done, 'runs'])
     await deaf.stop()
     console.log(early, await deaf.done)`,
  )
  await project.until('the worker', () => project.said.length === 1)
  await expect.poll(() => program.lines, { timeout: 30_000 }).toContain('up')
  program.child.kill('SIGTERM')
  expect(await program.ended(), program.err).toBe(0)
  expect(program.lines).toEqual(['up', 'ended with 0', 'runs 0', 'goes on'])
})

it('what cannot be run is told as the command would, and a mistake in the call rejects', async () => {
  await using project = new Project()
  const program = new Program(
    project,
    `class Idle extends Consumer { static { this.subscribesTo('names') } process() {} }
     const said = await Promise.allSettled([
       run('NobodyConsumer').done, run(Idle, { sessionTimeout: -1, maxWaitTim: 1 }).done, run(Idle, { workers: 2 }).done, run({}).done
     ])
     for (const { value, reason } of said) console.log(value ?? reason.message)`,
  )
  expect(await program.ended(), program.err).toBe(0)
  expect(program.lines).toEqual([
    '78',
    '78',
    "run with a class runs it in this process; for workers give its name: run('Idle', { workers: … }).",
    'run takes a class that extends Consumer of racecar, or the name of one',
    'goes on',
  ])
  expect(program.err).toContain('There is no consumer NobodyConsumer')
  expect(program.err).toContain('session_timeout must be a number of seconds from 0.001 to 2147483, but run() says -1')
  expect(program.err).toContain('maxWaitTim in run() is no option; did you mean maxWaitTime?')
})
