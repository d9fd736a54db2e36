// What a test file leaves for its end: vitest ends its processes without the event by which they could clear up themselves.

/** Called once each, after the last test of the file. */
export const leftovers: (() => unknown)[] = []
