import { expect, it } from 'vitest'
import { type } from '../../support/command.ts'
import { freePort } from '../../support/free-port.ts'
import { Project } from '../../support/process.ts'
import { racecarctl } from '../../support/racecarctl.ts'

it('what racecar init writes runs, as it says', async () => {
  await using project = new Project()
  const { exit, out, err } = await type(project, 'init').returned
  expect([exit, err]).toEqual([[0, null], ''])
  expect(out).toContain('create  consumers/example-consumer.js\n')
  expect(out).toContain('npx racecar --embedded ExampleConsumer ')
  expect(out).toContain('npx racecarctl produce --topic example --value hello ')

  const brokers = `localhost:${await freePort()}`
  const racecar = project.start('--embedded', '--brokers', brokers, 'ExampleConsumer')
  await racecar.line('partitions.assigned', ({ slot }) => slot === 'ExampleConsumer/0')
  const args = ['--topic', 'example', '--value', 'hello', '--brokers', brokers]
  expect(await racecarctl(project.folder, 'produce', ...args)).toMatchObject({ code: 0 })
  await racecar.line('line', ({ message, slot }) => message === 'Received hello' && slot === 'ExampleConsumer/0')
  racecar.signal('SIGTERM')
  expect(await project.ended(racecar)).toEqual([0, null])
  project.expectNothingLeft()
})
