// Which topic takes the dead letters of another one. Primary, workers and racecarctl must agree about it.

const SUFFIX = '.dead-letter'

/**
 * `configured`: the option dead_letter_topic. Undefined where the topic is itself one of dead letters: what fails there has been
 * put aside already, and a topic of its own for that would be followed by another one, and nobody would look into any.
 */
export function deadLetterTopicOf(topic: string, configured: string | undefined): string | undefined {
  if (topic === configured || topic.endsWith(SUFFIX)) return undefined
  return configured ?? `${topic}${SUFFIX}`
}
