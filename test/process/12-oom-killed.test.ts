import { expect, test } from 'vitest'
import { ControlGroup, whyNoGroup } from '../support/control-group.ts'
import { exactly, now } from '../support/ledger.ts'
import { placeOf, takenOver } from '../support/replacement.ts'
import { PATIENT, print, Scenario } from '../support/scenario.ts'

/** What a worker may have more than it has when it comes in; its order is to take 300 MB. */
const MORE = `${128 * 2 ** 20}`
const small = {
  controller: 'memory' as const,
  name: 'racecar-memory',
  v1: { 'memory.limit_in_bytes': MORE, 'memory.swappiness': '0' },
  v2: { 'memory.max': MORE, 'memory.swap.max': '0' },
}
const why = whyNoGroup(small)
if (why) print(`row 12 is skipped: ${why}`)

test.skipIf(why !== undefined)(
  'a worker that the kernel kills for want of memory is replaced, and the log says what it may have been and over which message',
  async () => {
    await using scenario = await Scenario.open('oom')
    const { ledger } = scenario
    const racecar = scenario.racecar({ args: PATIENT })
    await scenario.served()
    const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
    await scenario.flows()

    const [victim] = racecar.workers()
    const place = placeOf(racecar, victim!)
    using group = new ControlGroup(small)
    group.put(victim!)
    const greedy = await scenario.occupy(racecar, victim!, { do: 'grow', once: true, ms: 300 })
    const exited = await racecar.line('slot.exited')
    const at = now()
    const committed = await scenario.committed()
    expect([exited.slot, exited.pid, exited.signal]).toEqual([place.slot, victim, 'SIGKILL'])
    expect(exited.why).toBe('was ended by SIGKILL from outside, perhaps for want of memory')
    expect(exited.message).toContain(exactly(greedy))
    expect(group.kills()).toBe(1)
    const { pid: replacement } = await takenOver(scenario, racecar, place)

    await load.stop()
    await scenario.handledAll()
    expect(await scenario.stop(racecar)).toEqual([0, null])
    expect(racecar.forks()).toHaveLength(4)
    const handlings = ledger.handlings.filter(one => exactly(one) === exactly(greedy))
    expect(handlings.map(({ pid }) => pid)).toEqual([victim, replacement])
    await scenario.expectWhole([{ pid: victim!, at, committed }])
    await scenario.expectNothingLeft()
    print(`row 12: twice ${ledger.repeated().length}`)
  },
)
