import { expect, it } from 'vitest'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import { inTurn } from '../../src/lib/in-turn.ts'

it('calls one after the other, and a call that fails holds up none', async () => {
  const begun: number[] = []
  const ends: Deferred<string>[] = []
  const queue = inTurn()
  const call = (number: number) => () => {
    begun.push(number)
    const end = deferred<string>()
    ends.push(end)
    return end.promise
  }
  const results = [1, 2, 3].map(number => queue(call(number)))
  const failure = expect(results[1]).rejects.toThrow('no')
  await Promise.resolve()
  expect(begun).toEqual([1])
  ends[0]!.resolve('a')
  expect(await results[0]).toBe('a')
  await Promise.resolve()
  expect(begun).toEqual([1, 2])
  ends[1]!.reject(new Error('no'))
  await failure
  await Promise.resolve()
  ends[2]!.resolve('c')
  expect(await results[2]).toBe('c')
})
