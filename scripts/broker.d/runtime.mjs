// Everything a Kafka process needs before the first one starts: Java, the jars, and two things made once from them that halve each
// later start: the checkpoint of a formatted disk, and an archive of loaded classes. Without the archive all works, only slower.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { kafkaClassPath, manifestKey } from './jars.mjs'
import { needJava } from './java.mjs'
import { KafkaNode, newId } from './node.mjs'
import { cache, layout } from './places.mjs'
import { reserve } from './reserve.mjs'
import { serverProperties } from './settings.mjs'
import { findsCoordinator } from './wire.mjs'

const run = promisify(execFile)

/** `{ java, classPath, checkpoint, archive }`; everything is fetched and made where it is missing. */
export async function kafkaRuntime(report = () => {}) {
  const { command, version } = await needJava(report)
  const classPath = await kafkaClassPath(report)
  const folder = join(cache, `ready-${manifestKey()}-${version}`)
  if (!existsSync(folder)) await prepare({ java: command, classPath }, folder, report)
  const archive = join(folder, 'classes.jsa')
  return {
    java: command,
    classPath,
    checkpoint: join(folder, 'bootstrap.checkpoint'),
    ...(existsSync(archive) ? { archive } : {}),
  }
}

async function prepare({ java, classPath }, folder, report) {
  report('Preparing Kafka for quick starts (some seconds, once).')
  const place = await reserve(1)
  const made = mkdtempSync(join(cache, 'making-'))
  try {
    const checkpoint = await formattedCheckpoint({ java, classPath }, made)
    const archive = join(made, 'classes.jsa')
    await trainingRun({ java, classPath, checkpoint }, place, archive).catch(() => rmSync(archive, { force: true }))
    rmSync(join(made, 'disk'), { recursive: true, force: true })
    if (!existsSync(folder)) renameSync(made, folder)
  } finally {
    rmSync(made, { recursive: true, force: true })
    rmSync(place.folder, { recursive: true, force: true })
  }
}

async function formattedCheckpoint({ java, classPath }, folder) {
  const cluster = layout({ folder, base: 20000, brokers: 1, clusterId: newId() })
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  const properties = join(disk, 'server.properties')
  writeFileSync(
    properties,
    serverProperties({ node: cluster.nodes[0], cluster, extra: { 'log.dirs': join(disk, 'data') } }),
  )
  await run(java, ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', cluster.clusterId, '-c', properties])
  const checkpoint = join(folder, 'bootstrap.checkpoint')
  renameSync(join(disk, 'data', 'bootstrap.checkpoint'), checkpoint)
  return checkpoint
}

// A broker that is asked once for everything a start asks for, and writes down at its end which classes that took.
async function trainingRun(runtime, place, archive) {
  const cluster = layout({ ...place, brokers: 1, clusterId: newId() })
  const node = new KafkaNode({
    node: cluster.nodes[0],
    cluster,
    runtime,
    javaOptions: [`-XX:ArchiveClassesAtExit=${archive}`],
  })
  try {
    await node.start()
    await findsCoordinator({ port: node.ports.client })
  } finally {
    await node.stop()
  }
}
