#!/usr/bin/env node
// Without a listener that signal opens Node's debugger on a port.
process.on('SIGUSR1', () => {})

const { main } = await import('../dist/cli/racecarctl.js')
await main(process.argv.slice(2))
