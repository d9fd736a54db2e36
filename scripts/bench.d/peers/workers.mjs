// As many kafkajs scripts as asked for under bare node:cluster: forked, replaced when they end, told to stop. SIGUSR2 adds one.
import cluster from 'node:cluster'

if (cluster.isPrimary) {
  let stopping = false
  cluster.on('exit', () => {
    if (!stopping) cluster.fork()
    else if (Object.keys(cluster.workers).length === 0) process.exit(0)
  })
  process.on('SIGUSR2', () => cluster.fork())
  process.on('SIGTERM', () => {
    stopping = true
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM')
  })
  for (let worker = 0; worker < Number(process.argv[2]); worker++) cluster.fork()
} else {
  await import('./consume.mjs')
}
