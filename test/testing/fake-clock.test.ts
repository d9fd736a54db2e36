import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/lib/clock.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

describe('the fake clock', () => {
  it('runs timers in the order of their due times, and of their making where they are due together', async () => {
    const clock = new FakeClock()
    const ran: string[] = []
    clock.after(20, () => ran.push('late'))
    clock.after(10, () => ran.push('first'))
    clock.after(10, () => ran.push('second'))
    await clock.advance(15)
    expect(ran).toEqual(['first', 'second'])
    await clock.advance(5)
    expect(ran).toEqual(['first', 'second', 'late'])
    expect(clock.now()).toBe(20)
  })

  it('lets what a timer set going come to rest before the next timer runs', async () => {
    const clock = new FakeClock()
    const ran: string[] = []
    clock.after(10, async () => {
      for (let depth = 0; depth < 50; depth++) await Promise.resolve()
      ran.push('deep')
    })
    clock.after(10, () => ran.push('next'))
    await clock.advance(10)
    expect(ran).toEqual(['deep', 'next'])
  })

  it('runs timers that timers set, at their own time', async () => {
    const clock = new FakeClock()
    const at: number[] = []
    const again = () => {
      at.push(clock.now())
      if (at.length < 4) clock.after(10, again)
    }
    clock.after(10, again)
    await clock.advance(35)
    expect(at).toEqual([10, 20, 30])
    expect(clock.pending).toBe(1)
  })

  it('forgets a cancelled timer', async () => {
    const clock = new FakeClock()
    let ran = false
    const cancel = clock.after(10, () => {
      ran = true
    })
    cancel()
    cancel()
    await clock.advance(100)
    expect(ran).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('moves on only as far as a condition needs, and says so when it never holds', async () => {
    const clock = new FakeClock()
    let count = 0
    const tick = () => {
      count++
      clock.after(10, tick)
    }
    clock.after(10, tick)
    await clock.until(() => count === 3)
    expect(clock.now()).toBe(30)
    await expect(clock.until(() => count < 0, { within: 1000, what: 'the impossible' })).rejects.toThrow(
      /not within 1000 ms: the impossible/,
    )
  })

  it('moves on until a promise has settled, and passes its rejection on', async () => {
    const clock = new FakeClock()
    await clock.when(sleep(clock, 500))
    expect(clock.now()).toBe(500)
    const fails = sleep(clock, 10).then(() => Promise.reject(new Error('as asked')))
    await expect(clock.when(fails)).rejects.toThrow('as asked')
  })

  it('jumps over what would have run in between, and runs it afterwards', async () => {
    const clock = new FakeClock()
    const at: number[] = []
    clock.after(10, () => at.push(clock.now()))
    clock.after(20, () => at.push(clock.now()))
    await clock.jump(100)
    expect(at).toEqual([100, 100])
  })
})
