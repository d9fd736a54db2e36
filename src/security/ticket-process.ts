// Whether a KDC answers, found out in a process that can be ended: in this one the library would hold up its end for up to a minute.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isOutage } from './kerberos-trouble.ts'

/** Somebody gives a ticket for this service, or refuses to. */
export async function isAnswered(
  service: string,
  principal: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const entry = fileURLToPath(new URL('../entry/ticket.js', import.meta.url))
  const child = fork(entry, principal === undefined ? [service] : [service, principal], {
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const end = () => child.kill('SIGKILL')
  signal.addEventListener('abort', end, { once: true })
  try {
    return await new Promise<boolean>(resolve => {
      child.once('message', why => resolve(!isOutage(String(why))))
      child.once('error', () => resolve(false))
      child.once('exit', () => resolve(false))
    })
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}
