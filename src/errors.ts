// Every error that a user can meet, by code: the exit code that a process ends with because of it, and what to do about it.
// The sentence that says what happened comes from where it happened.

export const EXIT = {
  clean: 0,
  failure: 1,
  forced: 2,
  orphaned: 3,
  usage: 64,
  unavailable: 69,
  bug: 70,
  cannotCreate: 73,
  alreadyRunning: 75,
  fenced: 76,
  notAllowed: 77,
  config: 78,
} as const

interface Kind {
  readonly exit: number
  readonly cure: string
}

export const errorCodes = {
  USAGE: { exit: EXIT.usage, cure: 'See racecar --help.' },
  CONFIG: { exit: EXIT.config, cure: 'Correct the option where it was set and start again.' },
  CONSUMER_NOT_FOUND: { exit: EXIT.config, cure: 'Check the name, or name its file with --require.' },
  CONSUMER_INVALID: {
    exit: EXIT.config,
    cure: 'A consumer extends Consumer, subscribes to a topic, and has process or processBatch.',
  },
  LOAD_FAILED: { exit: EXIT.failure, cure: 'Mend the module, or the one that it imports.' },
  BROKER_UNAVAILABLE: { exit: EXIT.unavailable, cure: 'Check the option brokers and that Kafka runs.' },
  /** The message says what to do. */
  TLS_FAILED: { exit: EXIT.unavailable, cure: '' },
  TOPIC_MISSING: { exit: EXIT.unavailable, cure: 'Create the topic, or start without --fail-fast to wait for it.' },
  GROUP_PROTOCOL: {
    exit: EXIT.config,
    cure: 'Set partition_assignment_strategy to what the other members of the group use, or use another group_id.',
  },
  CODEC_MISSING: {
    exit: EXIT.config,
    cure: 'Install the packages of racecar anew, on this platform; or use another compression, and move the group past what is there already.',
  },
  OFFSET_OUT_OF_RANGE: {
    exit: EXIT.config,
    cure: 'While no member of the group runs, set its offsets with kafka-consumer-groups --reset-offsets; or set offset_out_of_range to earliest, latest or nearest.',
  },
  FENCED: { exit: EXIT.fenced, cure: 'Another process uses the same group_instance_id; each needs its own.' },
  NOT_ALLOWED: { exit: EXIT.notAllowed, cure: 'Check the credentials, and the ACLs of the group and its topics.' },
  ALREADY_RUNNING: { exit: EXIT.alreadyRunning, cure: 'Stop the other one, or give this one another --pidfile.' },
  CANNOT_CREATE: { exit: EXIT.cannotCreate, cure: 'Check the path, its rights, and the space on the disk.' },
  ENGINE_FAILED: { exit: EXIT.failure, cure: 'The worker is replaced; see the cause.' },
  HANDLER_FAILED: {
    exit: EXIT.failure,
    cure: 'With pause_timeout 0 a failing message ends the worker; set pause_timeout to pause instead.',
  },
  HANDLER_STUCK: { exit: EXIT.failure, cure: 'Raise max_poll_interval, or let the handler heed context.signal.' },
  STOPPED: { exit: EXIT.failure, cure: 'Start it again.' },
  START_FAILED: { exit: EXIT.failure, cure: 'initialize() or the constructor threw; see the cause.' },
  MESSAGE_INVALID: { exit: EXIT.failure, cure: 'See the cause.' },
  DELIVERY_FAILED: {
    exit: EXIT.failure,
    cure: 'Check that the topic exists and that the broker is reachable within message_timeout.',
  },
} as const satisfies Record<string, Kind>

export type ErrorCode = keyof typeof errorCodes

// The brand makes an error of a second copy of this package recognisable.
const BRAND = Symbol.for('racecar.error')

export class RacecarError extends Error {
  readonly code: ErrorCode
  readonly [BRAND] = true

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RacecarError'
    this.code = code
  }

  get exitCode(): number {
    return errorCodes[this.code].exit
  }

  get cure(): string {
    return errorCodes[this.code].cure
  }
}

export function isRacecarError(thrown: unknown): thrown is RacecarError {
  return typeof thrown === 'object' && thrown !== null && BRAND in thrown
}
