import { expect, it } from 'vitest'
import { racecarctl } from '../../src/cli/racecarctl.ts'
import { Rig } from './ctl/rig.ts'

it.each([
  ['nothing', [], 'Usage: racecarctl'],
  ['an unknown command', ['dance'], "unknown command 'dance'"],
  ['an unknown option', ['status', '--yaml'], "unknown option '--yaml'"],
  ['too many arguments', ['stop', 'now'], 'too many arguments'],
  ['two ways to say which', ['stop', '--pidfile', 'a', '--consumer', 'b'], 'cannot be used with option'],
  ['a time that is none', ['stop', '--timeout', 'soon'], 'It is a number of seconds.'],
  ['a message to nowhere', ['produce', '--value', 'a'], "required option '-t, --topic <topic>' not specified"],
  ['a partition that has no number', ['quiet', '--partition', 'pageviews'], 'as in pageviews/3.'],
  ['a partition that has no topic', ['quiet', '--partition', '/3'], 'as in pageviews/3.'],
  ['a partition with a number of its own kind', ['continue', '--partition', 'pageviews/03'], 'as in pageviews/3.'],
  ['something to be quiet', ['quiet', 'pageviews/3'], 'too many arguments'],
  ['a time to go on', ['continue', '--timeout', '3'], "unknown option '--timeout'"],
  ['a message that is none and one', ['produce', '-t', 'a', '--null', '-v', 'b'], 'cannot be used with option'],
  ['a partition that is none', ['produce', '-t', 'a', '-p', 'two'], 'It is a whole number.'],
  ['a partition below all', ['produce', '-t', 'a', '-p', '-1'], 'It is a whole number.'],
  ['a header without a value', ['produce', '-t', 'a', '-H', 'source'], 'It is a name and a value, as in source=shell.'],
  ['a header without a name', ['produce', '-t', 'a', '-H', '=shell'], 'It is a name and a value, as in source=shell.'],
  ['a header twice', ['produce', '-t', 'a', '-H', 'a=1', '-H', 'a=2'], 'a is given twice.'],
  ['a racecar to produce by', ['produce', '-t', 'a', '--pidfile', 'b'], "unknown option '--pidfile'"],
  ['a message that is no option', ['produce', '-t', 'a', 'hello'], 'too many arguments'],
  ['dead letters of nobody', ['dead-letter', 'list'], 'Say whose dead letters: --topic, or --dead-letter-topic.'],
  ['something to do with dead letters', ['dead-letter', 'eat'], "unknown command 'eat'"],
  ['a dead letter without a place', ['dead-letter', 'show', '-t', 'a'], "missing required argument 'partition/offset'"],
  ['a place that is none', ['dead-letter', 'show', '3', '-t', 'a'], 'It is a partition and an offset, as in 0/17.'],
  ['places of which one is none', ['dead-letter', 'replay', '0/1', '3', '-t', 'a'], 'as in 0/17.'],
  [
    'a time of dead letters that is none',
    ['dead-letter', 'list', '-t', 'a', '--since', 'soon'],
    'as in 30min, 12h, 7d',
  ],
  ['a time without a unit', ['dead-letter', 'list', '-t', 'a', '--since', '30'], 'as in 30min, 12h, 7d'],
  ['nothing to purge and all', ['dead-letter', 'purge', '-t', 'a', '--before', '0/1', '--all'], 'cannot be used with'],
  ['a table as fast as can be', ['status', '--watch', '0'], 'It is a number of seconds, at least 0.1.'],
  ['a watch of nothing', ['status', '--watch', 'soon'], 'It is a number of seconds.'],
  ['a time that has passed', ['stop', '--timeout', '-1'], 'It is a number of seconds.'],
])('%s is a usage error: 64', async (_, argv, words) => {
  await using rig = new Rig()
  await rig.racecar()
  expect(await racecarctl(argv, rig.ground())).toBe(64)
  expect(rig.err).toContain(words)
  expect(rig.asked).toEqual([])
})

it.each([
  ['--help', 'Commands:'],
  ['--version', '0.'],
  ['status --help', '--watch [seconds]'],
  ['stop --help', '--force'],
  ['produce --help', '--topic <topic>'],
  ['dead-letter --help', 'replay [options] [partition/offset...]'],
  ['dead-letter list --help', '--dead-letter-topic <topic>'],
  ['dead-letter replay --help', '--only-error <text>'],
  ['quiet --help', '--only <consumer>'],
  ['continue --help', '--partition <topic/number>'],
])('%s is told, with 0', async (argv, words) => {
  await using rig = new Rig()
  expect(await racecarctl(argv.split(' '), rig.ground())).toBe(0)
  expect(rig.out).toContain(words)
})

it('several that could be meant are listed, and nothing is done to any: 64', async () => {
  await using rig = new Rig()
  await rig.racecar({ pidfile: '/run/welcome.pid' })
  await rig.racecar({ consumer: 'OtherConsumer', birth: 'another' })
  expect(await racecarctl(['stop'], rig.ground())).toBe(64)
  expect(rig.asked).toEqual([])
  expect(rig.err).toMatch(new RegExp(`WelcomeConsumer +${process.pid} +welcome +/run/welcome.pid\n`))
  expect(rig.err).toMatch(new RegExp(`OtherConsumer +${process.pid} +welcome +–\n`))
  expect(await racecarctl(['status', '--consumer', 'OtherConsumer'], rig.ground())).toBe(0)
  expect(rig.out).toContain('OtherConsumer is running')
})

it('nobody to be asked is a failure: 1', async () => {
  await using rig = new Rig()
  expect(await racecarctl(['status'], rig.ground())).toBe(1)
  expect(rig.err).toMatch(/^racecarctl: not running: there is no racecar of yours in \/.+\.\n$/)
})
