#!/usr/bin/env node
// Listens before anything is imported: until a listener for SIGUSR1 stands, that signal opens Node's debugger on a port, and a
// SIGTERM during the imports would end the process without its exit code.
const heard = { signals: [], tell: signal => heard.signals.push(signal) }
const stops = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']
for (const signal of ['SIGUSR1', ...stops, 'SIGUSR2', 'SIGTSTP', 'SIGCONT', 'SIGTTIN', 'SIGTTOU'])
  process.on(signal, () => heard.tell(signal))

const { main } = await import('../dist/cli/racecar.js')
await main({ argv: process.argv.slice(2), heard })
