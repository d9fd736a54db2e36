// racecarctl dead-letter replay: dead letters go back to where they came from. What was sent is written down after its
// acknowledgement, so whoever is killed in between sends it again, and nothing is lost. A message that comes back again and again
// is left out at last: it would go round for ever.

import { EXIT } from '../../../errors.ts'
import { reasonOf } from '../../../lib/reason.ts'
import { asSentence } from '../../../lib/sentence.ts'
import type { Ground } from '../ground.ts'
import { atBox, type Box, type BoxOptions } from './box.ts'
import { refusal } from './confirm.ts'
import { type Letter, letterOf, type Origin, placeOf, replayOf } from './letter.ts'
import { type Holding, letterAt, lettersIn, look, type Picked, type Picking, type Place } from './pick.ts'
import type { Progress } from './progress.ts'
import { counted } from './text.ts'

export interface ReplayOptions extends BoxOptions, Picking {
  readonly onlyError?: string | undefined
  readonly limit?: number | undefined
  readonly most: number
  readonly byKey?: boolean | undefined
  readonly yes?: boolean | undefined
}

/** So many are written down together, and may be sent once more. */
const TOGETHER = 100

export const replay = (places: readonly Place[], options: ReplayOptions, ground: Ground): Promise<number> =>
  atBox(options, ground, async box => new Replay(box, await look(box), options, ground).run(places))

type Sendable = Letter & { readonly origin: Origin }

interface Chosen {
  readonly from: number
  readonly offset: number
}

export class Replay {
  readonly #box: Box
  readonly #holding: Holding
  readonly #options: ReplayOptions
  readonly #ground: Ground
  readonly #targets = new Map<string, readonly number[] | undefined>()
  #leftOut = 0
  #sent = 0

  constructor(box: Box, holding: Holding, options: ReplayOptions, ground: Ground) {
    this.#box = box
    this.#holding = holding
    this.#options = options
    this.#ground = ground
  }

  async run(places: readonly Place[]): Promise<number> {
    const chosen = await this.#choose(places)
    const total = [...chosen.values()].reduce((sum, some) => sum + some.length, 0)
    const what = `${counted(total, 'message')} of ${this.#box.topic}`
    const names = [...this.#targets].filter(([, partitions]) => partitions).map(([topic]) => topic)
    const no = total > 0 && (await refusal(`Replay ${what} to ${names.join(', ')}?`, this.#options, this.#ground))
    if (no) return no
    const isDone = await this.#sendAll(chosen)
    this.#ground.out.write(`${counted(this.#sent, 'message')} of ${this.#box.topic} replayed.\n`)
    return isDone && this.#leftOut === 0 ? EXIT.clean : EXIT.failure
  }

  /** By partition, in order. */
  async #choose(places: readonly Place[]): Promise<Map<number, Chosen[]>> {
    const { limit = Number.POSITIVE_INFINITY } = this.#options
    const chosen = new Map<number, Chosen[]>()
    let count = 0
    for await (const { letter, from } of places.length > 0 ? this.#named(places) : this.#unsent()) {
      if (count === limit) break
      if (!(await this.#mayGo(letter))) continue
      const some = chosen.get(letter.partition) ?? []
      chosen.set(letter.partition, some)
      some.push({ from, offset: letter.record.offset })
      count++
    }
    for (const some of chosen.values()) some.sort((one, other) => one.offset - other.offset)
    return chosen
  }

  async *#named(places: readonly Place[]): AsyncGenerator<Picked> {
    const { bounds, progress } = this.#holding
    const unique = new Map(places.map(place => [`${place.partition}/${place.offset}`, place]))
    for (const [name, place] of unique) {
      const { partition, offset } = place
      const isHeld = bounds.some(one => one.partition === partition && one.start <= offset && offset < one.end)
      const letter = isHeld ? await letterAt(this.#box, place) : undefined
      if (!letter) this.#leaveOut(name, 'there is no such dead letter')
      else if (progress.get(partition)!.has(offset)) this.#leaveOut(name, 'it was replayed already')
      else yield { letter, from: offset }
    }
  }

  async *#unsent(): AsyncGenerator<Picked> {
    const { onlyError } = this.#options
    const { bounds, progress } = this.#holding
    const left = bounds.map(one => ({ ...one, start: progress.get(one.partition)!.position }))
    for await (const picked of lettersIn(this.#box, left, this.#options)) {
      const { partition, record, error } = picked.letter
      const isMeant = onlyError === undefined || error?.includes(onlyError)
      if (isMeant && !progress.get(partition)!.has(record.offset)) yield picked
    }
  }

  async #mayGo(letter: Letter): Promise<boolean> {
    const why = await this.#hindrance(letter)
    if (why !== undefined) this.#leaveOut(placeOf(letter), why)
    return why === undefined
  }

  async #hindrance({ origin, replays }: Letter): Promise<string | undefined> {
    const { most } = this.#options
    if (!origin) return 'it does not say where it came from'
    if (replays >= most) return `it was replayed ${counted(replays, 'time')} already, and came back (--most ${most})`
    if (!this.#targets.has(origin.topic)) this.#targets.set(origin.topic, await this.#box.partitionsOf(origin.topic))
    return this.#targets.get(origin.topic) ? undefined : `the topic ${origin.topic} does not exist`
  }

  /** false: it broke off. */
  async #sendAll(chosen: ReadonlyMap<number, readonly Chosen[]>): Promise<boolean> {
    const signal = this.#ground.interrupted()
    for (const [partition, some] of chosen) {
      let progress = this.#holding.progress.get(partition)!
      let unsaved = 0
      try {
        for await (const { letter, from } of this.#again(partition, some)) {
          if (signal.aborted) return this.#breakOff('interrupted')
          const after = progress.with(from, letter.record.offset + 1)
          if (!(await this.#send(letter, after))) continue
          progress = after
          if (++unsaved < TOGETHER) continue
          unsaved = 0
          await this.#save(progress)
        }
      } catch (error) {
        return this.#breakOff(reasonOf(error))
      } finally {
        if (unsaved > 0) await this.#save(progress)
      }
    }
    return true
  }

  async *#again(partition: number, some: readonly Chosen[]): AsyncGenerator<{ letter: Sendable; from: number }> {
    const froms = new Map(some.map(({ offset, from }) => [offset, from]))
    const span = { topic: this.#box.topic, partition, from: some[0]!.offset, to: some.at(-1)!.offset + 1 }
    for await (const record of this.#box.read(span)) {
      const from = froms.get(record.offset)
      if (from !== undefined) yield { letter: letterOf(partition, record) as Sendable, from }
    }
  }

  async #send(letter: Sendable, after: Progress): Promise<boolean> {
    const { byKey = false } = this.#options
    const refusal =
      after.mark === undefined
        ? new Error(
            'too many single ones of its partition were replayed to remember another: replay those before it first',
          )
        : await this.#box.send(replayOf(letter, byKey ? [] : this.#targets.get(letter.origin.topic)!))
    if (refusal) this.#leaveOut(placeOf(letter), refusal.message)
    else this.#sent++
    return refusal === undefined
  }

  #save(progress: Progress): Promise<void> {
    return this.#box.save([progress.mark!])
  }

  #breakOff(why: string): false {
    this.#complain(`replaying ends before its time: ${why}`)
    return false
  }

  #leaveOut(place: string, why: string): void {
    this.#leftOut++
    this.#complain(`${place} is left out: ${why}`)
  }

  #complain(sentence: string): void {
    this.#ground.err.write(`racecarctl: ${asSentence(sentence)}\n`)
  }
}
