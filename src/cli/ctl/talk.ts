// One question to a control socket, and its answer. That a process is stopped, busy, gone or ending is an answer as well.

import { connect, type Socket } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { Answer, AnswerTo, CommandName, Question } from '../../supervisor/commands.ts'

export type Reply<C extends CommandName> =
  | { readonly kind: 'answer'; readonly data: AnswerTo<C> }
  | { readonly kind: 'refusal'; readonly why: string }
  /** There is a process, and it says nothing. */
  | { readonly kind: 'silence' }
  /** It went away before it had answered. */
  | { readonly kind: 'hung up' }
  | { readonly kind: 'nobody' }

export interface Asking {
  readonly clock: Clock
  readonly withinMs: number
  /** What the command is about. */
  readonly question?: Omit<Question, 'command'>
}

export function ask<C extends CommandName>(path: string, command: C, asking: Asking): Promise<Reply<C>> {
  const { clock, withinMs, question } = asking
  return new Promise(resolve => {
    const socket = connect({ path })
    const finish = (reply: Reply<C>) => {
      cancel()
      socket.destroy()
      resolve(reply)
    }
    const cancel = clock.after(withinMs, () => finish({ kind: 'silence' }))
    socket.on('error', error => finish(replyTo(error)))
    socket.on('close', () => finish({ kind: 'hung up' }))
    firstLine(socket, line => finish(read<C>(line)))
    socket.write(`${JSON.stringify({ command, ...question } satisfies Question)}\n`)
  })
}

function firstLine(socket: Socket, take: (line: string) => void): void {
  const chunks: string[] = []
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const end = chunk.indexOf('\n')
    chunks.push(end < 0 ? chunk : chunk.slice(0, end))
    if (end >= 0) take(chunks.join(''))
  })
}

function read<C extends CommandName>(line: string): Reply<C> {
  try {
    const answer = JSON.parse(line) as Answer<C>
    return answer.ok ? { kind: 'answer', data: answer.data } : { kind: 'refusal', why: String(answer.error) }
  } catch {
    return { kind: 'refusal', why: 'what it answers makes no sense; is it another version of racecar?' }
  }
}

function replyTo({ code, message }: NodeJS.ErrnoException): Exclude<Reply<never>, { kind: 'answer' }> {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return { kind: 'nobody' }
    // Its queue of connections is full.
    case 'EAGAIN':
      return { kind: 'silence' }
    case 'ECONNRESET':
    case 'EPIPE':
      return { kind: 'hung up' }
    default:
      return { kind: 'refusal', why: message }
  }
}
