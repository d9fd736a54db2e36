// What a node is told: its server.properties, its logging, its Java flags. Text in, text out; starts nothing.
import { join } from 'node:path'
import { host, isBroker } from './places.mjs'

const listenersOf = ({ role, ports }, secured) => ({
  ...(role.includes('broker') ? { PLAINTEXT: ports.client, PROXIED: ports.proxied } : {}),
  ...(role.includes('broker') && secured ? { SECURED: ports.secured } : {}),
  ...(role.includes('controller') ? { CONTROLLER: ports.controller } : {}),
})

const spell = listeners =>
  Object.entries(listeners)
    .map(([name, port]) => `${name}://${host}:${port}`)
    .join(',')

/** Certificates name hosts, so that listener is advertised by a name. */
const advertised = ({ ports }, secured) =>
  [spell({ PLAINTEXT: ports.client, PROXIED: ports.proxy }), secured && `SECURED://localhost:${ports.secured}`]
    .filter(Boolean)
    .join(',')

/** `extra` wins over everything that stands here. */
export function serverProperties({ node, cluster, secured, extra = {} }) {
  const brokers = cluster.nodes.filter(isBroker).length
  const controller = cluster.nodes.find(({ role }) => role.includes('controller'))
  const settings = {
    'process.roles': node.role,
    'node.id': node.id,
    'controller.quorum.voters': `${controller.id}@${host}:${controller.ports.controller}`,
    listeners: spell(listenersOf(node, secured)),
    ...(isBroker(node) ? { 'advertised.listeners': advertised(node, secured) } : {}),
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT${secured ? `,SECURED:${secured.protocol}` : ''}`,
    ...Object.fromEntries(
      Object.entries(secured?.settings ?? {}).map(([key, value]) => [`listener.name.secured.${key}`, value]),
    ),
    ...(isBroker(node) ? { 'inter.broker.listener.name': 'PLAINTEXT' } : {}),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(node.folder, 'data'),
    'auto.create.topics.enable': false,
    'delete.topic.enable': true,
    'default.replication.factor': 1,
    'offsets.topic.num.partitions': 5,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 5,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // The buffer is taken from the heap at start; a test's compacted topics are tiny.
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
    ...(brokers > 1 ? { 'num.network.threads': 2 } : {}),
    ...extra,
  }
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`
}

export const logging = folder => `status=error
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName=${join(folder, 'kafka.log')}
appender.file.filePattern=${join(folder, 'kafka.log.%i')}
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=50MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=1
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=info
rootLogger.appenderRef.file.ref=file
`

/**
 * `quick` starts in half the time and is what a test wants that starts brokers of its own; `full` compiles hot code well,
 * which is what a benchmark wants of the broker that all share.
 */
export function javaFlags({ folder, jvm, role }) {
  const heap = role === 'controller' ? ['-Xms32m', '-Xmx256m'] : ['-Xms64m', '-Xmx512m']
  const compiler = jvm === 'quick' ? ['-XX:TieredStopAtLevel=1'] : []
  return [...heap, '-XX:+UseSerialGC', ...compiler, `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`]
}
