// Kafka's own tool for groups, kafka-consumer-groups, as an operator calls it.

import { execFile } from 'node:child_process'
import { kafkaProgram } from './broker.ts'

/** All that it has to say. It ends with 0 whether or not it was refused. */
export async function groupTool(kafka: string, ...args: readonly string[]): Promise<string> {
  const main = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
  const program = await kafkaProgram(main, ['--bootstrap-server', kafka, ...args])
  return new Promise(resolve => {
    execFile(program.command, program.args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}
