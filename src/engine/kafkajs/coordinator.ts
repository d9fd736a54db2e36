// The broker that coordinates our group, and the requests that go to it. Found on demand and forgotten when it does not answer
// or is none any more; whoever asked tries again after a back-off.

import type { Answers, JoinAnswer } from './answers.ts'
import type { Brokers } from './brokers.ts'
import { actionOf, KafkaError, Unreached } from './codes.ts'
import type { Channel } from './link.ts'
import type { ApiName } from './wire.ts'

const STATIC_MEMBERSHIP_SINCE = 5
/** A hundred years: the broker adds it to its own time. */
const FOR_GOOD_MS = 100 * 365 * 86_400_000

export interface Identity {
  /** Empty until the broker has given one. */
  readonly memberId: string
  /** -1 outside a generation. */
  readonly generation: number
}

export const nobody: Identity = { memberId: '', generation: -1 }

export interface CoordinatorParts {
  readonly brokers: Brokers
  readonly groupId: string
  readonly instanceId: string | null
}

export class Coordinator {
  readonly #parts: CoordinatorParts
  #address: string | undefined
  #finding: Promise<string> | undefined
  #oldBroker = false

  constructor(parts: CoordinatorParts) {
    this.#parts = parts
  }

  /** Brokers before 2.3 ignore an instance id: there a member must leave even when a replacement follows. */
  get honoursInstanceIds(): boolean {
    return !this.#oldBroker
  }

  /** Resolves when there is somebody to send requests to. */
  async known(): Promise<void> {
    if (this.#address === undefined) await this.#find()
  }

  forget(): void {
    // A join that is under way there would wait for an answer that no longer counts.
    this.endJoin(new Unreached('the coordinator of the group has moved or does not answer'))
    this.#address = undefined
  }

  /** A join that is under way rejects with `error`. */
  endJoin(error: Error): void {
    if (this.#address !== undefined) this.#parts.brokers.linkTo(this.#address).break(error, 'join')
  }

  join(args: object, timeout: number): Promise<JoinAnswer> {
    return this.#send('JoinGroup', args, timeout, 'join')
  }

  sync(args: object, timeout: number): Promise<Answers['SyncGroup']> {
    return this.#send('SyncGroup', args, timeout, 'join')
  }

  heartbeat({ memberId, generation }: Identity, timeout: number): Promise<Answers['Heartbeat']> {
    return this.#send('Heartbeat', { memberId, groupGenerationId: generation }, timeout)
  }

  leave(memberId: string, timeout: number): Promise<Answers['LeaveGroup']> {
    return this.#send('LeaveGroup', { memberId }, timeout)
  }

  commit({ memberId, generation }: Identity, topics: object): Promise<Answers['OffsetCommit']> {
    return this.#send('OffsetCommit', { memberId, groupGenerationId: generation, topics })
  }

  /** For good, of a group without members. */
  keep(topics: object): Promise<Answers['KeptOffsetCommit']> {
    const { memberId, generation } = nobody
    const args = { memberId, groupGenerationId: generation, retentionTime: FOR_GOOD_MS, topics }
    return this.#send('KeptOffsetCommit', args)
  }

  committed(topics: object): Promise<Answers['OffsetFetch']> {
    return this.#send('OffsetFetch', { topics })
  }

  /** Who is in the group; what they subscribe to only while it is stable. */
  describe(): Promise<Answers['DescribeGroups']> {
    return this.#send('DescribeGroups', { groupIds: [this.#parts.groupId] })
  }

  /** Breaks the connection to the coordinator and looks for it anew, because it does not answer in time. */
  async #send<A extends ApiName>(
    api: A,
    args: object,
    timeout?: number,
    channel: Channel = 'control',
  ): Promise<Answers[A]> {
    const { brokers, groupId, instanceId } = this.#parts
    const address = this.#address ?? (await this.#find())
    const link = brokers.linkTo(address)
    const all = { groupId, groupInstanceId: instanceId, ...args }
    try {
      const answer = await link.send(api, all, { channel, timeout: timeout ?? brokers.timeout })
      if (api === 'JoinGroup') this.#oldBroker = link.versionOf(api, all) < STATIC_MEMBERSHIP_SINCE
      return answer
    } catch (error) {
      if (this.#address === address) this.forget()
      throw error
    }
  }

  #find(): Promise<string> {
    this.#finding ??= this.#ask().finally(() => {
      this.#finding = undefined
    })
    return this.#finding
  }

  async #ask(): Promise<string> {
    const { brokers, groupId } = this.#parts
    const { errorCode, coordinator } = await brokers.ask('GroupCoordinator', { groupId })
    if (actionOf(errorCode) !== 'ok') throw new KafkaError(`finding the coordinator of group ${groupId}`, errorCode)
    this.#address = `${coordinator.host}:${coordinator.port}`
    return this.#address
  }
}
