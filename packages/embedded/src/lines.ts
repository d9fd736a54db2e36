// Messages as lines of JSON on a socket. Whoever sends something else is none of ours, and loses the connection.

import type { Socket } from 'node:net'

export interface Lines<T> {
  send(message: object): void
  onMessage(heed: (message: T) => void): void
}

export function lines<T>(socket: Socket): Lines<T> {
  let heed: (message: T) => void = () => {}
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\n')
    rest = parts.pop()!
    for (const part of parts) {
      const message = parsed(part)
      if (message === undefined) socket.destroy()
      else heed(message as T)
    }
  })
  return {
    send: message => void socket.write(`${JSON.stringify(message)}\n`),
    onMessage: listener => {
      heed = listener
    },
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
