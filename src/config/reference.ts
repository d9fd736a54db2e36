// The table as a page for people: OPTIONS.md. A test compares it with the file, so that neither can be ahead of the other.

import { describeFlags, type FlagDescription } from './flags.ts'
import { optionOf, snakeOf } from './names.ts'

const HEAD = `# Options

Made from the table in \`src/config/options.ts\`. Times are in seconds, sizes in bytes.

An option is called \`max_wait_time\` in \`config/racecar.yml\`, \`maxWaitTime\` in \`config/racecar.ts\` and in \`this.configure({ … })\`, \`--max-wait-time\`
as a flag and \`RACECAR_MAX_WAIT_TIME\` as a variable. A flag that takes no value is switched off by \`--no-…\`. Where an option is set in several
places the strongest wins: flags, variables, the class, \`config/racecar.{ts,js,mjs}\`, \`config/racecar.yml\` (the section of the environment before
\`common\`), defaults. \`racecar config MyConsumer\` shows what is in force and where it was set.

In YAML a value may hold \`\${VARIABLE}\` and \`\${VARIABLE:-default}\`; \`$\${\` is a plain \`\${\`. A secret can be read from a file: \`RACECAR_…_FILE\`;
no flag takes one, as a command line is shown to every user of the machine.

Files in code go before files in YAML; of several of a kind, named by \`--config\`, the last one wins.

Options with ✓ can be set by a class. What may stand in \`consumer\` and \`producer\` is told in [LIBRDKAFKA.md](LIBRDKAFKA.md).
`

export function optionsReference(): string {
  const flags = describeFlags()
  const groups = [...new Set(flags.map(({ group }) => group))]
  const parts = groups.map(group => `## ${group}\n\n${table(flags.filter(flag => flag.group === group))}\n`)
  return [HEAD, ...parts].join('\n')
}

function table(flags: readonly FlagDescription[]): string {
  const rows = flags.map(rowOf)
  const head = ['option', 'value', 'default', 'class', '']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(head), `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n')
}

function rowOf({ option, aliases, short, placeholder, defaultText, about }: FlagDescription): readonly string[] {
  const others = [...(short === undefined ? [] : [`-${short}`]), ...aliases.map(alias => `--${alias}`)]
  const name = [snakeOf(option), ...others].map(one => `\`${one}\``).join(', ')
  const value = placeholder === undefined ? 'true or false' : placeholder.replaceAll('|', ' or ')
  const { perClass, outside } = optionOf(option)
  const only = outside ? '; only by a flag or a variable' : ''
  return [name, value, defaultText === '' ? '–' : `\`${defaultText}\``, perClass ? '✓' : '', `${about}${only}`]
}
