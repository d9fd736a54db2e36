/** Says in one sentence why there is no broker; `exitCode` is the code for a command that ends with it. */
export class BrokerError extends Error {
  exitCode: number
}

export interface Ports {
  /** Where clients connect. */
  client: number
  controller: number
  /** A second listener, which tells clients that it lives at `proxy`. */
  proxied: number
  /** Where a test's proxy listens, to pass on to `proxied`. */
  proxy: number
  /** The listener that PrivateOptions describes as `secured`, where there is one; clients are told localhost. */
  secured: number
}

/** One Kafka process. */
export interface KafkaNode {
  readonly id: number
  readonly ports: Ports
  /** `host:port` for clients. */
  readonly address: string
  /** The process that was started last, alive or not. */
  readonly pid: number | undefined
  readonly logFile: string
  readonly dataFolder: string
  alive(): boolean
  /** Starts the process on the ports and data it had, and waits until it answers; `limit` in milliseconds. */
  start(limit?: number): Promise<void>
  /** SIGTERM, SIGKILL when that is not enough; resolves when the process is gone. */
  stop(): Promise<void>
  /** SIGKILL; resolves when the process is gone. Its restart takes up to 9 s: the controller waits out the dead one's session. */
  kill(): Promise<void>
  /** SIGSTOP. */
  pause(): void
  /** SIGCONT. */
  resume(): void
}

export interface KafkaCluster {
  /** `host:port` of every broker, separated by commas. */
  readonly address: string
  /** The nodes that clients speak to, in the order of their ids: 1, or 1 and 2. */
  readonly brokers: readonly KafkaNode[]
  /** The node that decides about leaders: with two brokers a process of its own, so that either of them can be killed. */
  readonly controller: KafkaNode
  /** Starts what does not run and waits until all brokers know each other and groups work. */
  start(options?: { keep?: boolean; limit?: number }): Promise<void>
  stop(): Promise<void>
}

export interface PrivateCluster extends KafkaCluster, AsyncDisposable {
  /** Ends it, data and all, and gives back its ports. */
  remove(): Promise<void>
}

export interface PrivateOptions {
  brokers?: 1 | 2
  /** Lines for server.properties, over our own. */
  settings?: Record<string, string | number | boolean>
  /** One more listener, with these settings of its own: `ssl.keystore.location` and the like. */
  secured?: {
    protocol: 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'
    settings: Record<string, string | number | boolean>
    /** For its Java: `-Dname=value`. */
    javaOptions?: string[]
  }
  /** `quick` (the default) starts fast; `full` compiles hot code well. */
  jvm?: 'quick' | 'full'
  report?: (line: string) => void
}

export interface SharedOptions {
  brokers?: 1 | 2
  keep?: boolean
  report?: (line: string) => void
}

export function startShared(options?: SharedOptions): Promise<string>
export function stopShared(options?: { brokers?: 1 | 2 }): Promise<string | undefined>
export function statusOfShared(options?: { brokers?: 1 | 2 }): Promise<{ up: boolean; address: string }>
export function sharedCluster(options?: SharedOptions): Promise<KafkaCluster>
export function startPrivate(options?: PrivateOptions): Promise<PrivateCluster>

/** Ends private brokers whose owners are dead; resolves to their number. */
export function sweep(): Promise<number>

export interface Runtime {
  /** The command to run Java with. */
  java: string
  /** Kafka's class path, its command-line tools included. */
  classPath: string
}

/** What a test needs that runs one of Kafka's own programs, a Java consumer for one. */
export function kafkaRuntime(report?: (line: string) => void): Promise<Runtime>

export interface Place {
  host?: string
  port: number
  /** Milliseconds to wait for the answer (2000). */
  limit?: number
}

export interface PartitionView {
  partition: number
  /** -1 where there is none now. */
  leader: number
  replicas: number[]
  inSync: number[]
}

/** What cluster answers there, and which brokers it counts as alive. */
export function describeCluster(place: Place): Promise<{
  clusterId: string | null
  brokers: { id: number; host: string; port: number }[]
}>

/** A topic's partitions as this one broker knows them, in their order; none where it does not know the topic. */
export function partitionsOf(question: Place & { topic: string }): Promise<PartitionView[]>

/** Gives somebody a password for SCRAM, over the one before. */
export function setScramPassword(
  credentials: Place & { mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string },
): Promise<void>

/** Lets everybody who uses one client id take that many bytes a second, whatever it is. */
export function limitConsumers(quota: Place & { bytesPerSecond: number }): Promise<void>
