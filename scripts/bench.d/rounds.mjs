// A B A B …: each contender in turn, as often as asked for, so that what else the machine does hits all of them alike.

/** From each contender's name to what its runs have answered, in order. */
export async function rounds({ pairs, contenders, say, show }) {
  const results = Object.fromEntries(Object.keys(contenders).map(name => [name, []]))
  for (let pair = 1; pair <= pairs; pair++) {
    for (const [name, run] of Object.entries(contenders)) {
      const result = await run().catch(error => {
        throw new Error(`${name} ${error.message}`, { cause: error })
      })
      results[name].push(result)
      say(`  ${pair}/${pairs} ${name}: ${show(result)}`)
    }
  }
  return results
}
