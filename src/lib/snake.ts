// How a name in code is written in prose and files.

/** max_wait_time for maxWaitTime. */
export const snakeOf = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
