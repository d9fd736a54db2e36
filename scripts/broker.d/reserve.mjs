// Ports and a folder for a broker that belongs to one process. A folder that could be made is the reservation of its ports.
// A process may be killed before it gives them back, so each folder names its owner, and whoever comes by sweeps up after dead ones.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFree } from './lock.mjs'
import { BrokerError, layout, portsTaken, runFolder } from './places.mjs'
import { end, identityOf, lives } from './processes.mjs'

const folder = join(runFolder, 'private')
const first = 20000
const slots = 360
// Each slot has room for the larger kind of cluster, and all lie below the ports that the kernel gives to outgoing connections.
const slotSize = 30

/** `{ base, folder }`, of this process until it removes the folder. */
export async function reserve(brokers) {
  mkdirSync(folder, { recursive: true })
  for (let n = 0; n < slots; n++) {
    const base = first + ((process.pid + n) % slots) * slotSize
    const place = join(folder, String(base))
    if (!claimed(place)) continue
    writeFileSync(join(place, 'owner.json'), JSON.stringify(identityOf(process.pid)))
    if (await allFree(base, brokers)) return { base, folder: place }
    rmSync(place, { recursive: true, force: true })
  }
  throw new BrokerError(`No free ports between ${first} and ${first + slots * slotSize} for a private broker.`)
}

function claimed(place) {
  try {
    mkdirSync(place)
    return true
  } catch {
    return false
  }
}

async function allFree(base, brokers) {
  const ports = layout({ folder: '', base, brokers, clusterId: '' }).nodes.flatMap(node => Object.values(node.ports))
  const free = await Promise.all(ports.filter(port => port < base + portsTaken(brokers)).map(isFree))
  return free.every(Boolean)
}

const readJson = file => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Ends the private brokers whose owners are dead, and removes their folders. Returns how many places were freed. */
export async function sweep() {
  if (!existsSync(folder)) return 0
  const places = readdirSync(folder).map(name => join(folder, name))
  const left = places.filter(place => {
    const owner = readJson(join(place, 'owner.json'))
    return owner === undefined ? isOld(place) : !lives(owner)
  })
  await Promise.all(left.map(clear))
  return left.length
}

// A place without an owner's name is being made this moment, unless its maker died over it.
function isOld(place) {
  const made = statSync(place, { throwIfNoEntry: false })?.mtimeMs
  return made !== undefined && Date.now() - made > 60_000
}

async function clear(place) {
  const nodes = readdirSync(place).filter(name => name.startsWith('node-'))
  await Promise.all(nodes.map(name => end(readJson(join(place, name, 'process.json')), 0)))
  rmSync(place, { recursive: true, force: true })
}
