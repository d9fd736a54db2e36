// Rows of text as a table that reads well on a terminal and is Markdown as well.

export function table(head, rows) {
  const all = [head, ...rows].map(row => row.map(cell => String(cell ?? '')))
  const widths = head.map((_, column) => Math.max(3, ...all.map(row => row[column].length)))
  const line = row => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  const rule = `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`
  const [first, ...others] = all
  return [line(first), rule, ...others.map(line)].join('\n')
}
