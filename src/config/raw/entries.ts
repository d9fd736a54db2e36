// What of librdkafka's settings a worker reads itself: those of topics, and whether the producer is idempotent. All others are options
// by then. They were checked where options are: what makes no sense does not come here.

/** What a subscription can be told by such a name. */
export interface TopicSettings {
  readonly startFromBeginning?: boolean
  readonly maxBytesPerPartition?: number
}

export interface TopicSetting {
  readonly option: keyof TopicSettings
  /** What the value must be. */
  readonly words: string
  /** undefined: it makes no sense. */
  readonly of: (value: string) => TopicSettings | undefined
}

export interface RawSetting {
  readonly key: string
  readonly value: string
}

const STARTS = ['smallest', 'earliest', 'beginning']
const ENDS = ['largest', 'latest', 'end']

const bytes: TopicSetting = {
  option: 'maxBytesPerPartition',
  words: 'a whole number of bytes, at least 1',
  of: value => (/^[1-9]\d*$/.test(value) ? { maxBytesPerPartition: Number(value) } : undefined),
}

export const topicNames: Readonly<Record<string, TopicSetting>> = {
  'auto.offset.reset': {
    option: 'startFromBeginning',
    words: `one of ${[...STARTS, ...ENDS].join(', ')}; instead of error set offset_out_of_range: fail`,
    of: value => ([...STARTS, ...ENDS].includes(value) ? { startFromBeginning: STARTS.includes(value) } : undefined),
  },
  'max.partition.fetch.bytes': bytes,
  'fetch.message.max.bytes': bytes,
}

/** Of what the list of an option holds. */
export function settingsIn(list: readonly string[]): readonly RawSetting[] {
  return list.map(one => {
    const at = one.indexOf('=')
    return { key: one.slice(0, at).trim(), value: one.slice(at + 1).trim() }
  })
}

export const settingsOf = (additionalConfig: Readonly<Record<string, string>> = {}): readonly RawSetting[] =>
  Object.entries(additionalConfig).map(([key, value]) => ({ key, value }))

/** The later one wins. */
export function topicSettings(settings: readonly RawSetting[]): TopicSettings {
  const all = settings.map(({ key, value }) =>
    Object.hasOwn(topicNames, key) ? topicNames[key]!.of(value) : undefined,
  )
  return Object.assign({}, ...all) as TopicSettings
}

/** Whether the producer is to be idempotent; it is, where nobody says otherwise. */
export const isIdempotent = (producer: readonly string[]): boolean =>
  !settingsIn(producer).some(({ key, value }) => key === 'enable.idempotence' && value.toLowerCase() === 'false')
