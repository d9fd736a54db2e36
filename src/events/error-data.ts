// An error as plain data that crosses processes, whatever was thrown: nothing in it may throw here, or be without end.

import { cut, isError, read, textOf } from '../lib/reason.ts'

export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
  readonly code?: string | undefined
  readonly cause?: ErrorData | undefined
  /** Of an AggregateError, the first ones. */
  readonly errors?: readonly ErrorData[] | undefined
}

const DEEPEST = 5
const MOST_ERRORS = 5
/** Of errors that hold several others in turn only these are named. */
const DEEPEST_ERRORS = 1
/** Characters. */
const LONGEST = { name: 200, message: 4000, frames: 8000 }

export function errorData(thrown: unknown, depth = 0): ErrorData {
  if (!isError(thrown)) return { name: 'NonError', message: textOf(thrown) }
  const name = cut(textIn(thrown, 'name') ?? 'Error', LONGEST.name)
  // Users' errors have whatever they like there.
  const said = read(thrown, 'message')
  const message = said === undefined ? '' : cut(typeof said === 'string' ? said : textOf(said), LONGEST.message)
  const code = read(thrown, 'code')
  const data = {
    name,
    message,
    stack: stackOf(thrown, `${name}: ${message}`),
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
  }
  // A cause may point back at its effect.
  if (depth >= DEEPEST) return { ...data, cause: undefined }
  const cause = read(thrown, 'cause')
  const errors = (depth > DEEPEST_ERRORS ? [] : listIn(thrown, 'errors')).map(one => errorData(one, depth + 1))
  return {
    ...data,
    cause: cause === undefined ? undefined : errorData(cause, depth + 1),
    ...(errors.length > 0 ? { errors } : {}),
  }
}

function textIn(thrown: Error, name: string): string | undefined {
  const value = read(thrown, name)
  return typeof value === 'string' ? value : undefined
}

function listIn(thrown: Error, name: string): unknown[] {
  const list = read(thrown, name)
  try {
    return Array.isArray(list) ? list.slice(0, MOST_ERRORS) : []
  } catch {
    return []
  }
}

/** Where its message is long it is cut, and the places are kept. */
function stackOf(thrown: Error, head: string): string | undefined {
  const stack = textIn(thrown, 'stack')
  if (stack === undefined || stack.length <= LONGEST.frames) return stack
  const frames = stack.search(/\n {4}at /)
  return frames < 0 ? head : head + stack.slice(frames, frames + LONGEST.frames)
}
