// Whether anybody listens behind a unix socket. The file alone does not say: it outlives its process.

import { connect } from 'node:net'

/** A process that is stopped still listens: the system takes the connection for it. */
export function listens(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // Only these two say that there is nobody; a queue that is full, say, has an owner.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}
