// What a worker must know before it may join: its options, its group, its name there. The first of each class tells what the class
// wants, and everybody waits for what an earlier life left behind; after a restart what is wanted by now must fit what runs.

import { EXIT, isRacecarError } from '../errors.ts'
import { reasonOf } from '../lib/reason.ts'
import type { Description } from '../messages.ts'
import type { Action, SupervisorEvent } from './moves.ts'
import type { Resolved, SupervisorParts } from './parts.ts'
import type { Process, Processes } from './processes.ts'
import { mustFit, type Release } from './release.ts'
import type { Roster } from './roster.ts'
import { type Slot, slotName } from './state.ts'

export interface BriefingParts extends Pick<SupervisorParts, 'resolve' | 'clearTheWay'> {
  readonly roster: Roster
  readonly processes: Processes
  readonly slot: (number: number) => Slot
  readonly take: (event: SupervisorEvent) => void
  /** Whether any worker ever was a member. */
  readonly hasJoined: () => boolean
  /** Everything has come to its end. */
  readonly ending: AbortSignal
}

export class Briefing {
  readonly #parts: BriefingParts
  #clearing: Promise<void> | undefined

  constructor(parts: BriefingParts) {
    this.#parts = parts
  }

  /** A worker has loaded the user's code and says what it found. */
  async described({ slot, run, release }: Process, description: Description): Promise<void> {
    // By the name that was asked for: what a worker says is not trusted.
    const { consumer } = this.#parts.slot(slot)
    const isKnown = this.#parts.roster.knows(consumer)
    if (!isKnown && !release.hasAsked(consumer)) void this.#introduce(consumer, release, description)
    try {
      // Of what is read afresh the options must be known before a worker gets them; the first ones wait for the word that all is clear.
      if (isKnown) await this.#ask(consumer, release, description)
      this.#parts.take({ type: 'described', slot, run })
    } catch (error) {
      this.#parts.take({ type: 'unfit', slot, run, why: `cannot be used: ${reasonOf(error)}` })
    }
  }

  /** Of the first release, before there is a member. */
  async #introduce(consumer: string, release: Release, description: Description): Promise<void> {
    try {
      const resolved = await release.ask({ ...description, consumer }, this.#parts.resolve)
      this.#parts.roster.resolved(consumer, resolved)
      const { workers } = resolved.config
      this.#parts.take({ type: 'sized', consumer, workers })
      if (workers === 0) return
      this.#clearing ??= this.#parts.clearTheWay(resolved, this.#parts.ending)
      await this.#clearing
      this.#parts.take({ type: 'clear', consumer })
    } catch (error) {
      const why = reasonOf(error)
      const code = isRacecarError(error) ? error.exitCode : EXIT.bug
      this.#parts.take({ type: 'stop', reason: 'the options cannot be used', code, why })
    }
  }

  #ask(consumer: string, release: Release, description: Description): Promise<Resolved> {
    return release.ask({ ...description, consumer }, async asked => {
      const wanted = await this.#parts.resolve(asked)
      mustFit(wanted, this.#parts.roster.latest(consumer))
      return wanted
    })
  }

  /** What was read afresh is everybody's by now. */
  adopt(): void {
    const { processes, roster, take } = this.#parts
    for (const [consumer, resolved] of processes.adopt().resolved) {
      const before = roster.latest(consumer)
      const { workers } = resolved.config
      roster.resolved(consumer, resolved)
      // A number that somebody chose meanwhile holds, unless the options have another one than they had.
      if (workers !== before.config.workers) take({ type: 'sized', consumer, workers })
    }
  }

  configure({ slot, run, join }: Extract<Action, { do: 'configure' }>): void {
    const process = this.#parts.processes.of(run)
    const resolved = process?.release.resolved.get(this.#parts.slot(slot).consumer)
    if (!process || !resolved) return
    if (join) this.#note()
    const { config, groupId } = resolved
    const instanceId = this.#parts.roster.instanceIdOf(slot)
    process.handle.send({
      type: 'configure',
      config,
      groupId,
      instanceId,
      slot: slotName(this.#parts.slot(slot)),
      join,
      early: !this.#parts.hasJoined(),
    })
  }

  join(run: number): void {
    const process = this.#parts.processes.of(run)
    if (!process) return
    this.#parts.processes.settle(process)
    this.#note()
    process.handle.send({ type: 'join' })
  }

  /** Who may be a member: a process beside another one is none yet. */
  #note(): void {
    const { processes, roster, slot } = this.#parts
    const members = [...processes.all].filter(process => {
      const found = slot(process.slot)
      return found.state !== 'down' && found.run === process.run
    })
    roster.note(members.map(process => [process.slot, process.handle.pid] as const))
  }
}
