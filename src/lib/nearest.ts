// The known name that a mistyped one was probably meant to be. Knows nothing of what the names stand for.

/** The nearest of `names`, or undefined where none is near enough to be worth suggesting. Case, - and _ count for little. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const meant = plain(name)
  let best: { name: string; distance: number } | undefined
  for (const candidate of names) {
    const distance = editDistance(meant, plain(candidate))
    if (!best || distance < best.distance) best = { name: candidate, distance }
  }
  return best && best.distance <= Math.max(1, Math.floor(meant.length / 3)) ? best.name : undefined
}

const plain = (name: string): string => name.toLowerCase().replace(/[-_.]/g, '')

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const now = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(last[column]! + 1, now[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped && row > 1 && column > 1) cost = Math.min(cost, beforeLast[column - 2]! + 1)
      now.push(cost)
    }
    beforeLast = last
    last = now
  }
  return last[b.length]!
}
