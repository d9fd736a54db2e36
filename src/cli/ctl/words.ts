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

export interface Column {
  readonly title: string
  readonly align?: 'right'
}

/** Aligned, two blanks between columns. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, index) => Math.max(...lines.map(line => line[index]?.length ?? 0)))
  const cell = (text: string, index: number) =>
    columns[index]?.align === 'right' ? text.padStart(widths[index]!) : text.padEnd(widths[index]!)
  return lines.map(line => `${line.map(cell).join('  ').trimEnd()}\n`).join('')
}
