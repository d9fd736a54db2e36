// Times and texts as they stand in what racecarctl prints.

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** The two largest units: `3 min 20 s`, `4 d 3 h`. */
export function span(ms: number): string {
  const at = UNITS.findIndex(([size]) => ms >= size)
  if (at < 0) return '0 s'
  const [size, name] = UNITS[at]!
  const [smaller, smallerName] = UNITS[at + 1] ?? [ms + 1, '']
  const rest = Math.floor((ms % size) / smaller)
  return `${Math.floor(ms / size)} ${name}${rest > 0 ? ` ${rest} ${smallerName}` : ''}`
}

export const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))} s`

/** On one line, and nothing in it that a terminal would obey. */
export function plain(text: string, longest = 100): string {
  const line = text.replace(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim()
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}

/** As many columns as there are mostly. */
export const WIDTH = 100

/** Cut in the middle: names differ at their ends. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text
  const end = Math.floor((longest - 1) / 2)
  return `${text.slice(0, longest - 1 - end)}…${text.slice(-end)}`
}

/** Several lines, broken at blanks, where one would be too long. */
export function fold(line: string): string {
  const lines = ['']
  for (const word of line.split(' ')) {
    const last = lines.at(-1)!
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`  ${word}`)
  }
  return lines.map(one => `${one}\n`).join('')
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`

export interface Column {
  readonly title: string
  readonly align?: 'right'
  /** Where a line would be too long its texts are cut down to as little as this. */
  readonly least?: number
}

/** One cell for each column; or a line of its own, that belongs to the row before. */
export type Row = readonly string[] | string

const GAP = '  '

/** Aligned, two blanks between columns. */
export function table(columns: readonly Column[], rows: readonly Row[]): string {
  const lines: readonly Row[] = [columns.map(({ title }) => title), ...rows]
  const widths = widthsOf(
    columns,
    lines.filter(line => typeof line !== 'string'),
  )
  const cell = (text: string, index: number) => {
    const width = widths[index]!
    const fits = shortened(text, width)
    return columns[index]?.align === 'right' ? fits.padStart(width) : fits.padEnd(width)
  }
  const sayLine = (line: Row) => (typeof line === 'string' ? GAP + line : line.map(cell).join(GAP).trimEnd())
  return lines.map(line => `${sayLine(line)}\n`).join('')
}

function widthsOf(columns: readonly Column[], cells: readonly (readonly string[])[]): number[] {
  const widths = columns.map((_, index) => Math.max(...cells.map(line => line[index]?.length ?? 0)))
  const spare = (index: number) => widths[index]! - (columns[index]!.least ?? Number.POSITIVE_INFINITY)
  const sum = () => widths.reduce((total, width) => total + width, GAP.length * (widths.length - 1))
  for (let excess = sum() - WIDTH; excess > 0; excess--) {
    const widest = widths.map((_, index) => index).sort((a, b) => spare(b) - spare(a))[0]!
    if (spare(widest) <= 0) break
    widths[widest]!--
  }
  return widths
}
