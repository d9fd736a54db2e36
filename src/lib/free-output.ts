// Somebody who reads our output may stop to. A write that waits for him would stop everything else, the answers to signals too;
// what cannot be written waits in memory instead. Node does so with pipes, until libuv makes what a child inherits blocking, for
// all who share it, and until a child of Node's makes it so again when it exits; with terminals Node never does.

interface Handle {
  setBlocking?(blocking: boolean): number
}

/** To be called again after each fork, and after each exit of what was forked. */
export function freeOutput(streams: readonly object[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) (stream as { _handle?: Handle | null })._handle?.setBlocking?.(false)
}
