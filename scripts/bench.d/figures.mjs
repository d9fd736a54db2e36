// Arithmetic on what was measured, and how figures are written. Knows nothing of what they mean.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of what each pair says: the machine's mood moves both of a pair, and less of it is left in their ratio. */
export const ratio = (ours, theirs) => median(ours.map((value, pair) => value / theirs[pair]))

export const count = value => Math.round(value).toLocaleString('en-US')
export const times = value => `${value.toFixed(2)} ×`
export const milliseconds = value => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`)
export const megabytes = value => `${Math.round(value)} MB`
export const seconds = value => `${value.toFixed(2)} s`

/** `median (least – most)`. */
export function spread(values, write) {
  if (values.length < 2) return write(median(values))
  return `${write(median(values))} (${write(Math.min(...values))} – ${write(Math.max(...values))})`
}
