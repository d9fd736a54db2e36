// The thread that a broker lives in, so that a busy program and its Kafka do not hold up each other. Takes requests one message each.

import { parentPort, workerData } from 'node:worker_threads'
import { Clusters } from './clusters.ts'
import type { LogLevel, Reply, Request } from './protocol.ts'

const port = parentPort!
const reply = (message: Reply) => port.postMessage(message)
const log = (level: LogLevel, line: string) => reply({ kind: 'log', level, line })
const clusters = new Clusters({ module: workerData as WebAssembly.Module, log })

port.on('message', ({ id, name, params }: Request) => {
  clusters.call(name, params).then(
    result => reply({ kind: 'answered', id, result }),
    error => reply({ kind: 'failed', id, reason: error.message, code: error.code }),
  )
})
