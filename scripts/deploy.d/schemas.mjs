// What Kubernetes, KEDA and the Compose specification publish about their files, cut down to the kinds that deploy/ has, and kept
// beside the tests. Go's module proxy has all three, in versions that cannot change.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const KUBERNETES = 'k8s.io/kubernetes@v1.37.2'
const KEDA = 'github.com/kedacore/keda/v2@v2.21.0'
const COMPOSE = 'github.com/compose-spec/compose-go/v2@v2.16.2'

const KINDS = {
  api__v1: ['core.v1.Secret', 'core.v1.Service', 'core.v1.ServiceAccount'],
  apis__apps__v1: ['apps.v1.Deployment', 'apps.v1.StatefulSet'],
  apis__policy__v1: ['policy.v1.PodDisruptionBudget'],
}

const target = fileURLToPath(new URL('../../test/deploy/schemas', import.meta.url))

// What is said to people, and what a server alone has use for.
const LEFT_OUT = /^(description|default|format|title|x-kubernetes-(?!int-or-string).*)$/

/** As a server takes it that is asked to be strict: a name that is not there is a mistake. */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict)
  if (schema === null || typeof schema !== 'object') return schema
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] }
  const isOpen = schema['x-kubernetes-preserve-unknown-fields']
  const kept = Object.entries(schema).filter(([key, value]) => !LEFT_OUT.test(key) || typeof value === 'object')
  const entries = kept
    .filter(([key]) => !/^(default|x-kubernetes-)/.test(key))
    .map(([key, value]) => [key, key === 'properties' ? named(value) : strict(value)])
  const closed = schema.properties && !isOpen && schema.additionalProperties === undefined
  return { ...Object.fromEntries(entries), ...(closed && { additionalProperties: false }) }
}

/** Here every key is a name of theirs, whatever it is called. */
const named = properties => Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, strict(value)]))

function moduleOf(version) {
  const answer = execFileSync('go', ['mod', 'download', '-json', version], { cwd: tmpdir(), encoding: 'utf8' })
  return JSON.parse(answer).Dir
}

function kubernetes() {
  const home = moduleOf(KUBERNETES)
  const definitions = {}
  const kinds = {}
  for (const [file, names] of Object.entries(KINDS)) {
    const text = readFileSync(join(home, `api/openapi-spec/v3/${file}_openapi.json`), 'utf8')
    const { schemas } = JSON.parse(text.replaceAll('#/components/schemas/', '#/definitions/')).components
    for (const name of names) {
      const full = `io.k8s.api.${name}`
      const [{ group, version, kind }] = schemas[full]['x-kubernetes-group-version-kind']
      kinds[`${group ? `${group}/` : ''}${version} ${kind}`] = full
      collect(full, schemas, definitions)
    }
  }
  return { of: [KUBERNETES], kinds, definitions }
}

function collect(name, schemas, into) {
  if (into[name]) return
  into[name] = strict(schemas[name])
  for (const [, next] of JSON.stringify(into[name]).matchAll(/"#\/definitions\/([^"]+)"/g)) collect(next, schemas, into)
}

function keda() {
  const home = moduleOf(KEDA)
  const kinds = {}
  const definitions = {}
  for (const file of ['scaledobjects', 'triggerauthentications']) {
    const { spec } = parse(readFileSync(join(home, `config/crd/bases/keda.sh_${file}.yaml`), 'utf8'))
    for (const { name, schema } of spec.versions) {
      const { metadata, ...schemas } = schema.openAPIV3Schema.properties
      const closed = strict({ ...schema.openAPIV3Schema, properties: schemas })
      definitions[spec.names.kind] = { ...closed, properties: { ...closed.properties, metadata } }
      kinds[`${spec.group}/${name} ${spec.names.kind}`] = spec.names.kind
    }
  }
  return {
    of: [KEDA],
    kinds,
    definitions,
    kafka: kafkaOf(readFileSync(join(home, 'pkg/scalers/kafka_scaler.go'), 'utf8')),
  }
}

/** What its trigger for Kafka understands, which the schema leaves open, and where it may stand. */
function kafkaOf(source) {
  const named = [...source.matchAll(/`keda:"name=(\w+),order=([\w;]+)/g)].map(([, name, order]) => ({ name, order }))
  const of = place => named.filter(({ order }) => order.split(';').includes(place)).map(({ name }) => name)
  return { triggerMetadata: of('triggerMetadata'), authParams: of('authParams') }
}

const compose = () => ({
  of: [COMPOSE],
  ...JSON.parse(readFileSync(join(moduleOf(COMPOSE), 'schema/compose-spec.json'), 'utf8')),
})

for (const [name, schemas] of Object.entries({ kubernetes: kubernetes(), keda: keda(), compose: compose() }))
  writeFileSync(join(target, `${name}.json`), `${JSON.stringify(schemas)}\n`)
