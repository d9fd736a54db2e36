// What fork starts. The imports of an ES module run before its first line, so this one imports nothing statically: the listeners
// stand before anything else can happen. What a terminal sends to its whole process group is the primary's to decide on; a
// listener for SIGUSR1 keeps Node's debugger shut.

export {}

const heard = { terminated: false, tell: () => {} }

for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGUSR1', 'SIGUSR2'] as const) {
  process.on(signal, () => {})
}
process.on('SIGTERM', () => {
  heard.terminated = true
  heard.tell()
})

const { default: cluster } = await import('node:cluster')
// Otherwise node:cluster ends this process, with 0, in the moment in which the primary is gone.
if (cluster.worker) cluster.worker.exitedAfterDisconnect = true

const { live } = await import('./live.ts')
await live({
  heard,
  load: async (plan, parts) => {
    const engine = async () => (await import('../engine/kafkajs/index.ts')).createKafkajsEngine
    const { load } = await import('../worker/load.ts')
    const { Host } = await import('../producer/host.ts')
    return load(plan, { ...parts, engine, host: new Host(parts.bus) })
  },
})
