/**
 * How long a change takes with many Ingresses, from the moment the files source has the new objects until every worker
 * serves it: one changed endpoint, and one changed Ingress. In memory, with real worker processes.
 *
 * node benchmarks/change-latency.ts [--ingresses 10000] [--paths 5] [--workers 2] [--changes 100] [--services own|one]
 */
import { parseArgs } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { DevModel } from '../src/controller/dev-model.ts'
import { startPlane } from '../src/controller/plane/start-plane.ts'
import type { ObjectMeta } from '../src/kube/meta.ts'
import type { AnyObject, EndpointSlice, Ingress, Service } from '../src/kube/objects.ts'

const { values } = parseArgs({
  options: {
    ingresses: { type: 'string', default: '10000' },
    paths: { type: 'string', default: '5' },
    workers: { type: 'string', default: '2' },
    changes: { type: 'string', default: '100' },
    services: { type: 'string', default: 'own' },
  },
})
const count = Number(values.ingresses)
const paths = Number(values.paths)
const workers = Number(values.workers)
const changes = Math.min(1000, Number(values.changes))
const serviceOf = (index: number): string => (values.services === 'one' ? 'all' : `service-${index}`)

const metaOf = (name: string, annotations: Record<string, string> = {}): ObjectMeta => ({
  name,
  namespace: 'shop',
  uid: '',
  resourceVersion: '',
  creationTimestamp: '',
  labels: {},
  annotations,
})

function ingressOf(index: number, order: number, bodySize: string): Ingress {
  return {
    kind: 'Ingress',
    meta: metaOf(`ingress-${index}`, { 'nginx.ingress.kubernetes.io/proxy-body-size': bodySize }),
    order,
    isLegacyVersion: false,
    spec: {
      tls: [],
      rules: [
        {
          host: `host-${index}.example`,
          paths: Array.from({ length: paths }, (_, at) => ({
            path: `/path-${at}`,
            pathType: 'Prefix' as const,
            backend: { kind: 'service', name: serviceOf(index), port: { kind: 'number', number: 80 } } as const,
          })),
        },
      ],
    },
  }
}

function serviceAt(name: string, order: number): Service {
  const port = { name: '', port: 80, targetPort: 8080, nodePort: 0, protocol: 'TCP' as const }
  return {
    kind: 'Service',
    meta: metaOf(name),
    order,
    spec: { type: 'ClusterIP', clusterIp: '', externalName: '', selector: {}, ports: [port] },
  }
}

function sliceOf(name: string, order: number, address: string): EndpointSlice {
  const state = {
    isReady: true,
    isServing: true,
    isTerminating: false,
    podName: '',
    nodeName: '',
    zone: '',
    hintZones: [],
  }
  return {
    kind: 'EndpointSlice',
    meta: metaOf(`${name}-slice`),
    order,
    serviceName: name,
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], ...state }],
  }
}

const objects: AnyObject[] = []
const services = new Set<string>()
for (let index = 0; index < count; index++) {
  const name = serviceOf(index)
  if (!services.has(name)) {
    services.add(name)
    objects.push(serviceAt(name, objects.length), sliceOf(name, objects.length + 1, '192.0.2.1'))
  }
  objects.push(ingressOf(index, objects.length, '1m'))
}

const choice = { classes: [], configMap: '', defaultBackendService: '' }
const models = new DevModel({ backends: [], simulates: true })
const startedMs = performance.now()
const first = await models.next(objects, choice)
const translatedMs = performance.now()
const plane = await startPlane({
  host: '127.0.0.1',
  httpPort: 0,
  httpsPort: 0,
  accessLog: 'off',
  workers,
  model: first.model,
  onProblem: (message) => process.stderr.write(`${message}\n`),
})
first.findings()
process.stdout.write(
  `${count} Ingresses x ${paths} paths, ${services.size} Services, ${workers} workers: first model in ` +
    `${(translatedMs - startedMs).toFixed(0)} ms, served after ${(performance.now() - translatedMs).toFixed(0)} ms more\n`,
)

async function measure(name: string, change: (round: number) => AnyObject): Promise<void> {
  const totals: number[] = []
  const translations: number[] = []
  const checks: number[] = []
  let current: readonly AnyObject[] = objects
  for (let round = 0; round < changes; round++) {
    const fresh = change(round)
    current = current.with(fresh.order, fresh)
    const fromMs = performance.now()
    const step = await models.next(current, choice)
    const madeMs = performance.now()
    await plane.apply(step.model)
    const servedMs = performance.now()
    step.findings()
    checks.push(performance.now() - servedMs)
    translations.push(madeMs - fromMs)
    totals.push(servedMs - fromMs)
    await wait(5)
  }
  objects.splice(0, objects.length, ...current)
  process.stdout.write(
    `${name}: served by all after ${describe(totals)}; of it making the model ${describe(translations)}; ` +
      `checks afterwards ${describe(checks)}\n`,
  )
}

function describe(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}

const placeOf = (round: number): number => (round * 7919) % count
await measure('one changed endpoint', (round) => {
  const name = serviceOf(placeOf(round))
  const order = objects.findIndex((object) => object.kind === 'EndpointSlice' && object.serviceName === name)
  return sliceOf(name, order, `192.0.2.${2 + (round % 200)}`)
})
await measure('one changed Ingress', (round) => {
  const name = `ingress-${placeOf(round)}`
  const order = objects.findIndex((object) => object.kind === 'Ingress' && object.meta.name === name)
  return ingressOf(placeOf(round), order, `${2 + round}m`)
})
await plane.drain(0)
await models.close()
