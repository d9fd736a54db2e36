// The tables of librdkafka's names as a page for people: LIBRDKAFKA.md. A test compares it with the file, as it does with OPTIONS.md.

import { snakeOf } from '../names.ts'
import { bothNames } from './both.ts'
import { consumerNames } from './consumer.ts'
import { type Fate, fromKilobytes, fromMs, type RawName } from './fate.ts'
import { producerNames } from './producer.ts'

const HEAD = `# Settings by librdkafka's names

Made from the tables in \`src/config/raw\`. Whoever comes from Racecar for Ruby has such settings in \`consumer\` and \`producer\`, lists of \`key=value\`,
or in the \`additional_config\` of a subscription. There is no librdkafka here; but what it calls by these names is translated where there is the thing,
accepted where a value says what is so in any case, and refused, by name and with what to do instead, where it cannot be kept. Nothing is
ignored in silence: an unknown name ends with 78 and the nearest known one.

\`\`\`yaml
common:
  consumer:
    - session.timeout.ms=30000
    - fetch.min.bytes=1024
  producer:
    - message.timeout.ms=60000
\`\`\`

\`\`\`ts
this.subscribesTo('orders', { additionalConfig: { 'auto.offset.reset': 'latest' } })
\`\`\`

As flags they are \`--consumer session.timeout.ms=30000\`, several times, as a variable \`RACECAR_CONSUMER=session.timeout.ms=30000,fetch.min.bytes=1024\`.
A raw setting goes before the option that it stands for, wherever that was set, as it does in Ruby; a warning says so, and \`racecar config\` shows the
value with the source \`consumer: session.timeout.ms\`. Units are translated. Values of names with password, secret or token are never shown. Consumer
and producer share their connections here: what one of them says of these holds for the other, and they may not contradict each other.

\`additionalConfig\` takes what can differ from topic to topic: the names marked _topic_, and those that say what is so anyway. It goes before the same in
\`consumer\`, which goes before \`startFromBeginning\` and \`maxBytesPerPartition\`. Where the committed offset of a partition is gone
\`auto.offset.reset\` does not count here: that is \`offset_out_of_range\`.
`

export function rawReference(): string {
  const parts = [
    ['Of both', bothNames],
    ['Of consumers', consumerNames],
    ['Of producers', producerNames],
  ] as const
  return [HEAD, ...parts.map(([title, names]) => `## ${title}\n\n${list(names)}\n`)].join('\n')
}

/** No table: some of these share a sentence with thirty others. */
const list = (names: readonly RawName[]): string =>
  names.map(({ names, fate }) => `- ${names.map(name => `\`${name}\``).join(', ')}: ${becomes(fate)}`).join('\n')

function becomes(fate: Fate): string {
  switch (fate.kind) {
    case 'option': {
      const { option, to, note } = fate
      const unit = to === fromMs ? ', milliseconds' : to === fromKilobytes ? ', kilobytes' : ''
      return `\`${snakeOf(option)}\`${unit}${note === undefined ? '' : `; ${note}`}`
    }
    case 'topic':
      return `_topic_: \`${fate.setting.option}\`; ${fate.setting.words}`
    case 'so anyway':
      return `only ${fate.values.map(value => `\`${value}\``).join(' or ')}: ${fate.why}`
    case 'switch':
      return fate.why
    case 'refused':
      return `refused: ${fate.why}`
    default:
      return fate satisfies never
  }
}
