// A process that lives for one answer: what it has said by the time that it is gone, and how it went.

export interface Answering {
  on(event: 'message', listener: (message: unknown) => void): unknown
  once(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'close', listener: (code: number | null, by: string | null) => void): unknown
  kill(signal: 'SIGKILL'): unknown
}

export interface Said {
  /** undefined: nothing. */
  readonly answer: unknown
  /** In half a sentence. */
  readonly how: string
}

/** `signal` ends it at once. */
export async function oneAnswer(child: Answering, signal: AbortSignal): Promise<Said> {
  const end = () => child.kill('SIGKILL')
  signal.addEventListener('abort', end, { once: true })
  let answer: unknown
  child.on('message', message => {
    answer = message
  })
  const how = await new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, by) =>
      resolve(by === null ? `it ended its process with ${code}` : `it was ended by ${by}`),
    )
  })
  signal.removeEventListener('abort', end)
  return { answer, how }
}
