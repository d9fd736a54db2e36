// Manifests, by the schemas that Kubernetes and KEDA publish, taken strictly; by what they say of each other; and by what racecar makes of
// what they start.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parseAllDocuments } from 'yaml'
import type { Runtime } from '../support/dockerfile.ts'
import { faultsOf, GRACE } from './starts.ts'

interface Schemas {
  readonly kinds: Readonly<Record<string, string>>
  readonly definitions: object
}
interface Kafka {
  readonly kafka: { readonly triggerMetadata: readonly string[]; readonly authParams: readonly string[] }
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`schemas/${name}.json`, import.meta.url), 'utf8')) as T
const validators = new Map<string, ValidateFunction>()
for (const { kinds, definitions } of [read<Schemas>('kubernetes'), read<Schemas>('keda')]) {
  const ajv = new Ajv({ strict: false, validateFormats: false, schemas: [{ $id: 'all', definitions }] })
  for (const [kind, name] of Object.entries(kinds))
    validators.set(kind, ajv.compile({ $ref: `all#/definitions/${name}` }))
}
const { kafka } = read<Kafka>('keda')

// biome-ignore lint/suspicious/noExplicitAny: what the schema has seen is walked freely.
type Manifest = any

const manifestsIn = (path: string): Manifest[] =>
  parseAllDocuments(readFileSync(path, 'utf8'), { uniqueKeys: true }).map(document => {
    if (document.errors.length > 0) throw document.errors[0]!
    return document.toJS()
  })

/** `runtime` is that of the image which containers run. */
export async function manifests(path: string, runtime: Runtime): Promise<string[]> {
  const all = readdirSync(dirname(path)).flatMap(name => manifestsIn(join(dirname(path), name)))
  const found = await Promise.all(manifestsIn(path).map(one => faultsIn(one, all, runtime)))
  return found.flat()
}

async function faultsIn(one: Manifest, all: readonly Manifest[], runtime: Runtime): Promise<string[]> {
  const validate = validators.get(`${one.apiVersion} ${one.kind}`)
  if (!validate) return [`no schema for ${one.apiVersion} ${one.kind}`]
  const isValid: boolean = validate(one)
  if (!isValid)
    return validate.errors!.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  const isThere = (kind: string, name: string) => all.some(other => other.kind === kind && other.metadata.name === name)
  const missing = referencesOf(one)
    .filter(([kind, name]) => !isThere(kind, name))
    .map(([kind, name]) => `there is no ${kind} ${name}`)
  if (one.kind === 'ScaledObject') return [...missing, ...triggers(one)]
  if (one.kind === 'TriggerAuthentication')
    return [
      ...missing,
      ...unknown(
        one.spec.secretTargetRef.map((ref: Manifest) => ref.parameter),
        kafka.authParams,
      ),
    ]
  if (!one.spec?.template) return missing
  return [...missing, ...selects(one), ...keysOf(one, all), ...pod(one, runtime), ...(await container(one, runtime))]
}

/** Kind and name of what it takes. */
function referencesOf({ kind, spec }: Manifest): [string, string][] {
  if (kind === 'ScaledObject')
    return [
      [spec.scaleTargetRef.kind, spec.scaleTargetRef.name],
      ...spec.triggers.map((trigger: Manifest) => ['TriggerAuthentication', trigger.authenticationRef.name]),
    ]
  if (kind === 'TriggerAuthentication') return spec.secretTargetRef.map((ref: Manifest) => ['Secret', ref.name])
  if (!spec?.template) return []
  const { serviceAccountName, volumes } = spec.template.spec
  const secrets = volumes.flatMap((volume: Manifest) => (volume.secret ? [['Secret', volume.secret.secretName]] : []))
  return [
    ['ServiceAccount', serviceAccountName],
    ...secrets,
    ...(spec.serviceName ? [['Service', spec.serviceName]] : []),
  ] as [string, string][]
}

const unknown = (names: readonly string[], known: readonly string[]) =>
  names.filter(name => !known.includes(name)).map(name => `KEDA's Kafka knows no ${name}`)

const triggers = ({ spec }: Manifest): string[] =>
  spec.triggers.flatMap(({ type, metadata }: Manifest) =>
    type === 'kafka' ? unknown(Object.keys(metadata), kafka.triggerMetadata) : [`a trigger ${type}`],
  )

function selects({ spec }: Manifest): string[] {
  const labels = spec.template.metadata.labels
  return Object.entries(spec.selector.matchLabels).flatMap(([key, value]) =>
    labels[key] === value ? [] : [`selects ${key}, which its pods have not`],
  )
}

/** Files that options name are keys of a secret that is mounted there. */
function keysOf({ spec }: Manifest, all: readonly Manifest[]): string[] {
  const [{ env, volumeMounts }] = spec.template.spec.containers
  const paths: string[] = env.map(({ value }: Manifest) => value ?? '').filter((value: string) => value.startsWith('/'))
  return paths
    .filter(path => {
      const mount = volumeMounts.find(({ mountPath }: Manifest) => dirname(path) === mountPath)
      const { secret } = spec.template.spec.volumes.find(({ name }: Manifest) => name === mount?.name) ?? {}
      const { stringData = {} } =
        all.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === secret?.secretName) ?? {}
      return !Object.hasOwn(stringData, path.slice(dirname(path).length + 1))
    })
    .map(path => `${path} is no key of a secret that is mounted there`)
}

function pod({ kind, spec }: Manifest, { user }: Runtime): string[] {
  const {
    securityContext: of,
    terminationGracePeriodSeconds: grace,
    enableServiceLinks,
    containers,
  } = spec.template.spec
  const [{ securityContext: own, env, readinessProbe, ports }] = containers
  const hasIdentity = env.some(({ name }: Manifest) => name === 'RACECAR_GROUP_INSTANCE_ID')
  const rules = {
    'the grace is too short': grace >= GRACE,
    'service links are on': enableServiceLinks === false,
    "the user is not the image's": `${of.runAsUser}:${of.runAsGroup}` === user && of.runAsNonRoot === true,
    'there is no seccomp profile': of.seccompProfile.type === 'RuntimeDefault',
    'the container may do more than it needs':
      own.readOnlyRootFilesystem && own.allowPrivilegeEscalation === false && own.capabilities.drop.includes('ALL'),
    'pods that share a name would fence each other': hasIdentity === (kind === 'StatefulSet'),
    'the port of the readiness probe is not there': ports.some(
      ({ name, containerPort }: Manifest) =>
        name === readinessProbe.httpGet.port &&
        env.some((one: Manifest) => one.name === 'RACECAR_HEALTH_PORT' && one.value === `${containerPort}`),
    ),
  }
  return Object.entries(rules)
    .filter(([, holds]) => !holds)
    .map(([fault]) => fault)
}

async function container({ spec }: Manifest, { entrypoint, env }: Runtime): Promise<string[]> {
  const [{ args, env: variables, livenessProbe, startupProbe }] = spec.template.spec.containers
  const given = variables.map(({ name, value }: Manifest) => [name, value ?? 'geo-coding-0'])
  const starts = [
    { command: [...entrypoint, ...args], env: { ...env, ...Object.fromEntries(given) } },
    ...[livenessProbe, startupProbe].map(probe => ({ command: probe.exec.command })),
  ]
  return (await Promise.all(starts.map(faultsOf))).flat()
}
