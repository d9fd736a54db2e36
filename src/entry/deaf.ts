// For a process that lives for one answer: whoever asked ends it, and nobody else.

/** A terminal sends these to all. A listener for SIGUSR1 keeps Node's debugger shut. */
export function beDeaf(): void {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTSTP', 'SIGUSR1'] as const) process.on(signal, () => {})
}
