// A line that takes its time: everything that comes in at one port goes out to another so many milliseconds later, either way.
// A process of its own, so that it does not wait for anybody: proxy.mjs LISTEN TARGET DELAY
import { connect, createServer } from 'node:net'

const host = '127.0.0.1'
const [listen, target, delay] = process.argv.slice(2).map(Number)

const server = createServer(client => {
  const broker = connect({ host, port: target, noDelay: true })
  client.setNoDelay(true)
  later(client, broker)
  later(broker, client)
  for (const [one, other] of [
    [client, broker],
    [broker, client],
  ]) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
})

// A line holds what is on its way, however much that is: nobody is told to wait.
function later(from, to) {
  const waiting = []
  let timer
  const release = () => {
    timer = undefined
    const now = performance.now()
    while (waiting.length > 0 && waiting[0].due <= now) to.write(waiting.shift().chunk)
    if (waiting.length > 0) timer = setTimeout(release, waiting[0].due - now)
  }
  from.on('data', chunk => {
    waiting.push({ due: performance.now() + delay, chunk })
    timer ??= setTimeout(release, delay)
  })
  to.on('close', () => clearTimeout(timer))
}

server.on('error', error => {
  console.error(error.message)
  process.exit(1)
})
server.listen(listen, host, () => console.log('listening'))
process.once('SIGTERM', () => process.exit(0))
