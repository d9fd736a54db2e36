// What is looked at in Dockerfiles, in what they leave out, and in Compose files, without an engine.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { validate } from 'dockerfile-utils'
import { parse } from 'yaml'
import { runtimeOf } from '../support/dockerfile.ts'
import { faultsOf, GRACE } from './starts.ts'

export async function dockerfile(path: string): Promise<string[]> {
  const found = validate(readFileSync(path, 'utf8')).map(({ message }) => String(message))
  if (path.includes('repository')) return found
  const { entrypoint, command, healthcheck, env, user, stopSignal } = runtimeOf(path)
  if (entrypoint.length !== 1) found.push('ENTRYPOINT is not racecar alone, in exec form')
  if (healthcheck.length === 0) found.push('HEALTHCHECK is not in exec form')
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user)) found.push(`USER ${user} is root, or no number`)
  if (stopSignal !== 'SIGTERM') found.push(`STOPSIGNAL ${stopSignal}`)
  const starts = [{ command: [...entrypoint, ...command], env }, { command: healthcheck }]
  return [...found, ...(await Promise.all(starts.map(faultsOf))).flat()]
}

/** A pattern of what must not get into an image is missed before one that is too much. */
export function ignored(path: string): string[] {
  const patterns = readFileSync(path, 'utf8').split('\n')
  return ['node_modules', '.git'].filter(name => !patterns.some(one => one === name || one === `**/${name}`))
}

interface Service {
  readonly command?: readonly string[] | string
  readonly environment?: Readonly<Record<string, unknown>>
  readonly stop_grace_period?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
  readonly build?: string | { readonly dockerfile: string }
  readonly image?: string
}

const schema = JSON.parse(readFileSync(new URL('schemas/compose.json', import.meta.url), 'utf8')) as object
const isCompose = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)

/** `entrypoint` is that of the image which services are built to. */
export async function compose(path: string, entrypoint: readonly string[]): Promise<string[]> {
  const file = parse(readFileSync(path, 'utf8'), { merge: true }) as { services: Record<string, Service> }
  if (!isCompose(file)) return isCompose.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`)
  const found = await Promise.all(
    Object.entries(file.services).map(async ([name, service]) => [
      ...waits(file.services, service).map(fault => `${name}: ${fault}`),
      ...(service.build === '.' ? await application(service, entrypoint) : []),
    ]),
  )
  return found.flat()
}

function waits(services: Readonly<Record<string, Service>>, { depends_on = {} }: Service): string[] {
  return Object.entries(depends_on).flatMap(([name, { condition }]) => {
    const other = services[name]
    if (!other) return [`waits for ${name}, which is not there`]
    return condition === 'service_healthy' && !other.healthcheck ? [`${name} has no healthcheck`] : []
  })
}

async function application(service: Service, entrypoint: readonly string[]): Promise<string[]> {
  const given = Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)])
  const start = { command: [...entrypoint, ...(service.command ?? [])], env: Object.fromEntries(given) }
  const grace = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '10s')?.[1])
  return [...(await faultsOf(start)), ...(grace < GRACE ? [`stop_grace_period of ${grace} s`] : [])]
}
