// Topics and groups of the test broker, seen and changed from outside: through kafkajs's admin client and producer, never through our own engine,
// so that a fault of ours cannot hide itself. Close it at the end of the test: that deletes its topics and ends its connections.
import { randomBytes } from 'node:crypto'
import { type Admin, AssignerProtocol, Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import { describeCluster, type PartitionView, partitionsOf } from '../../scripts/broker.d/index.mjs'

export interface TopicOptions {
  partitions?: number
  replication?: number
  /** Which brokers hold each partition, the leader first; instead of `partitions` and `replication`. */
  replicas?: number[][]
  config?: Record<string, string>
}

export interface GroupMember {
  /** For a static member it begins with its instance id. */
  memberId: string
  clientId: string
  /** What it was assigned: topic → partitions. */
  assignment: Record<string, number[]>
}

export interface GroupView {
  state: string
  protocol: string
  members: GroupMember[]
}

/** Kafka names live long in a broker that many runs share: no two tests use the same. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`

export class TestTopics {
  private readonly created = new Set<string>()

  private constructor(
    readonly kafka: Kafka,
    readonly admin: Admin,
    private producer: Producer,
    private readonly seeds: { host: string; port: number }[],
  ) {}

  /** Connects; `brokers` is one address or several with commas between them. */
  static async open(brokers: string): Promise<TestTopics> {
    const kafka = new Kafka({ clientId: 'tests', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
    const [admin, producer] = [kafka.admin(), kafka.producer({ allowAutoTopicCreation: false })]
    await Promise.all([admin.connect(), producer.connect()])
    const seeds = brokers
      .split(',')
      .map(address => ({ host: address.replace(/:\d+$/, ''), port: Number(address.split(':').at(-1)) }))
    return new TestTopics(kafka, admin, producer, seeds)
  }

  /** Makes a topic with a name of its own and resolves to the name, once every broker knows the leaders of all its partitions. */
  create(prefix: string, options: TopicOptions = {}): Promise<string> {
    return this.createNamed(uniqueName(prefix), options)
  }

  /** The same for a name that has been told already. */
  async createNamed(
    topic: string,
    { partitions = 1, replication = 1, replicas, config = {} }: TopicOptions = {},
  ): Promise<string> {
    const shape = replicas
      ? { replicaAssignment: replicas.map((brokers, partition) => ({ partition, replicas: brokers })) }
      : { numPartitions: partitions, replicationFactor: replication }
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
    await this.admin.createTopics({ topics: [{ topic, ...shape, configEntries }], waitForLeaders: false })
    this.created.add(topic)
    await this.known(topic, replicas?.length ?? partitions)
    return topic
  }

  /**
   * Another producer: the one before keeps for long to what it has once heard of a topic, and sends nothing, and says nothing, for
   * partitions that it has not heard of.
   */
  async renew(): Promise<void> {
    await this.producer.disconnect()
    this.producer = this.kafka.producer({ allowAutoTopicCreation: false })
    await this.producer.connect()
  }

  async delete(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] })
    this.created.delete(topic)
  }

  /** Adds partitions until there are `total`. */
  async grow(topic: string, total: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count: total }] })
    await this.renew()
    await this.known(topic, total)
  }

  /** Lets these brokers hold the partition, the first of them leading it; resolves when they do and all are in sync. */
  async move(topic: string, partition: number, replicas: [number, ...number[]]): Promise<void> {
    const moved = (to: number[]) => (view: PartitionView[]) =>
      view[partition]?.leader === to[0] && view[partition]?.inSync.length === to.length
    // A mere change of order would not change the leader: the new one is made the only holder first.
    for (const holders of replicas.length > 1 ? [[replicas[0]], replicas] : [replicas]) {
      const partitionAssignment = [{ partition, replicas: holders }]
      await this.admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] })
      await this.everywhere(topic, moved(holders))
    }
  }

  /** The partition's leader, -1 where there is none now. */
  async leader(topic: string, partition: number): Promise<number | undefined> {
    const [first] = await this.views(topic)
    return first?.[partition]?.leader
  }

  private async known(topic: string, partitions: number): Promise<void> {
    await this.everywhere(topic, view => view.length >= partitions && view.every(({ leader }) => leader >= 0))
    await this.led(topic)
  }

  /** Who leads a partition may hear of that later than others; kafkajs's producer would send again what the other leaders have. */
  private async led(topic: string): Promise<void> {
    for (;;) {
      try {
        await this.ends(topic)
        return
      } catch {
        await nextTurn()
      }
    }
  }

  private async everywhere(topic: string, holds: (view: PartitionView[]) => boolean): Promise<void> {
    for (;;) {
      const views = await this.views(topic)
      if (views.length > 0 && views.every(holds)) return
      await nextTurn()
    }
  }

  // kafkajs asks any one broker, which may not have heard of the topic yet, and fails over partitions of other topics without a leader:
  // so each broker that lives is asked by ourselves.
  private async views(topic: string): Promise<PartitionView[][]> {
    const [cluster] = await settled(this.seeds.map(describeCluster))
    if (!cluster) throw new Error('no broker answers')
    return settled(cluster.brokers.map(({ host, port }) => partitionsOf({ host, port, topic })))
  }

  /** Produces, acknowledged by all replicas; resolves to how many messages the broker took. */
  async produce(topic: string, messages: Message[]): Promise<number> {
    await this.producer.send({ topic, acks: -1, messages })
    return messages.length
  }

  /** First and next offset of each partition, by partition. */
  async ends(topic: string): Promise<{ low: number; high: number }[]> {
    const found = await this.admin.fetchTopicOffsets(topic)
    return found
      .sort((a, b) => a.partition - b.partition)
      .map(({ low, high }) => ({ low: Number(low), high: Number(high) }))
  }

  /** The partition's log begins at `before` from then on. */
  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    // kafkajs's admin deletes only in topics whose leaders it has looked up for something else.
    await this.ends(topic)
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] })
  }

  /** The group's committed offset of each partition, by partition; -1 where there is none. */
  async committed(group: string, topic: string): Promise<number[]> {
    const found = await this.admin.fetchOffsets({ groupId: group, topics: [topic] })
    const partitions = found.find(each => each.topic === topic)?.partitions ?? []
    return partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
  }

  /** Commits for a group without members, in a transaction: kafkajs's setOffsets takes five seconds. */
  async commit(group: string, topic: string, offsets: readonly number[]): Promise<void> {
    const producer = this.kafka.producer({ transactionalId: uniqueName('commit'), maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
    await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] })
    await transaction.commit()
    await producer.disconnect()
    // The broker carries it out after it has answered.
    while (String(await this.committed(group, topic)) !== String(offsets)) await nextTurn()
  }

  async group(name: string): Promise<GroupView> {
    const { groups } = await this.admin.describeGroups([name])
    const { state = 'Unknown', protocol = '', members = [] } = groups[0] ?? {}
    return {
      state,
      protocol,
      members: members.map(member => ({ ...member, assignment: assigned(member.memberAssignment) })).map(view),
    }
  }

  /** Ends all connections, and before that deletes the topics unless the test is to find them again. */
  async close({ keepTopics = false }: { keepTopics?: boolean } = {}): Promise<void> {
    // A test may have deleted the topic itself: nothing to say about that here.
    if (!keepTopics && this.created.size > 0) {
      await this.admin.deleteTopics({ topics: [...this.created] }).catch(() => {})
    }
    await Promise.allSettled([this.admin.disconnect(), this.producer.disconnect()])
  }
}

/** What was answered, without what failed. */
async function settled<T>(questions: Promise<T>[]): Promise<T[]> {
  const answers = await Promise.allSettled(questions)
  return answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
}

const nextTurn = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20))

const view = ({ memberId, clientId, assignment }: GroupMember): GroupMember => ({ memberId, clientId, assignment })

function assigned(bytes: Buffer): Record<string, number[]> {
  return bytes.length === 0 ? {} : (AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {})
}
