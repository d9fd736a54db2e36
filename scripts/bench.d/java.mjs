// Kafka's own ConsumerPerformance, where there is a Java to run it: the limit of what a client gets out of the broker.

import { kafkaRuntime } from '../broker.d/index.mjs'
import { findJava } from '../broker.d/java.mjs'
import { Program } from './program.mjs'

/** Command and first arguments; undefined where there is no Java, which is not installed for this alone. */
export async function javaConsumer(say) {
  if (!findJava()) return undefined
  const { java, classPath } = await kafkaRuntime(say)
  return { command: java, args: ['-cp', classPath, 'org.apache.kafka.tools.ConsumerPerformance'] }
}

/** `perSecond` from the start to the end, joining included, as it prints it; `fetching`: without the joining. */
export async function runJava({ command, args }, { bench, topic }) {
  const own = ['--bootstrap-server', bench.brokers, '--topic', topic, '--num-records', String(bench.messages)]
  const program = new Program({ command, args: [...args, ...own, '--group', bench.group(), '--hide-header'] })
  const lines = []
  program.onLine(line => lines.push(line))
  await program.ended()
  const figures = lines.map(line => line.split(', ')).find(parts => parts.length === 10)
  if (!figures) throw new Error(`has printed no figures:\n${program.lastWords}`)
  return { perSecond: Number(figures[5]), fetching: Number(figures[9]) }
}
