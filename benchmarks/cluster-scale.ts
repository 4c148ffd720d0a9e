/**
 * How a large cluster is read: 10,000 Ingresses, 20,000 Services and 50,000 endpoints in a real API server, then
 * `genkan serve` from its start to the first served version, at rest, and while endpoints change. Needs a network namespace:
 * `bash scripts/in-namespace.sh node benchmarks/cluster-scale.ts [INGRESSES]`
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { startServe } from '../test/cluster/parts/serve-process.ts'
import { startTestCluster } from '../test/cluster/parts/test-cluster.ts'

const INGRESSES = Number(process.argv[2] ?? 10_000)
const SERVICES = INGRESSES * 2
const ENDPOINTS = 50_000
const EACH = Math.ceil((ENDPOINTS * INGRESSES) / 10_000 / SERVICES)
const NAMESPACES = 50
const WRITERS = 40
const CHANGES = 1000
const CHANGE_PAUSE_MS = 50

const cluster = await startTestCluster()
try {
  const namespaceOf = (index: number): string => `team-${index % NAMESPACES}`
  const spread = async (count: number, write: (index: number) => Promise<unknown>): Promise<void> => {
    let next = 0
    const work = async (): Promise<void> => {
      while (next < count) await write(next++)
    }
    await Promise.all(Array.from({ length: WRITERS }, work))
  }
  const beganMs = performance.now()
  await cluster.api.create('/apis/networking.k8s.io/v1/ingressclasses', {
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  })
  await spread(NAMESPACES, (index) => cluster.api.create('/api/v1/namespaces', { metadata: { name: `team-${index}` } }))
  const labels = (index: number): object => ({
    'app.kubernetes.io/name': `app-${index % 200}`,
    'app.kubernetes.io/managed-by': 'Helm',
  })
  await spread(SERVICES, (index) =>
    cluster.api.create(`/api/v1/namespaces/${namespaceOf(index)}/services`, {
      metadata: { name: `service-${index}`, labels: labels(index) },
      // Without an address of its own: the range of a test cluster is too small for so many.
      spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    }),
  )
  let endpoints = 0
  await spread(SERVICES, (index) => {
    const count = Math.min(EACH - (index % 2), ENDPOINTS - endpoints)
    endpoints += count
    return cluster.api.create(`/apis/discovery.k8s.io/v1/namespaces/${namespaceOf(index)}/endpointslices`, {
      metadata: { name: `service-${index}-a`, labels: { 'kubernetes.io/service-name': `service-${index}` } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: Array.from({ length: count }, (_, number) => ({
        addresses: [`10.244.${(index * 3 + number) % 250}.${(index >> 6) % 250}`],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'node-a',
        targetRef: { kind: 'Pod', name: `service-${index}-${number}`, namespace: namespaceOf(index) },
      })),
    })
  })
  await spread(INGRESSES, (index) =>
    cluster.api.create(`/apis/networking.k8s.io/v1/namespaces/${namespaceOf(index)}/ingresses`, {
      metadata: {
        name: `ingress-${index}`,
        labels: labels(index),
        annotations: { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '30' },
      },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: `host-${index}.example`,
            http: {
              paths: [0, 1].map((half) => ({
                path: half === 0 ? '/' : '/api',
                pathType: 'Prefix',
                // Both in the namespace of the Ingress.
                backend: { service: { name: `service-${index + half * INGRESSES}`, port: { number: 80 } } },
              })),
            },
          },
        ],
      },
    }),
  )
  say(`${INGRESSES} Ingresses, ${SERVICES} Services, ${endpoints} endpoints written in ${seconds(beganMs)} s`)

  const startedMs = performance.now()
  const genkan = await startServe(cluster.kubeconfig, 'genkan-a', ['--update-status=false'], 120_000)
  say(`ready after ${seconds(startedMs)} s`)
  showProcesses('at once', genkan.program.pid)
  await delay(15_000)
  showProcesses('15 s later', genkan.program.pid)
  for (let number = 0; number < CHANGES; number++) {
    const index = (number * 37) % SERVICES
    const address = `10.244.${number % 250}.${250 + (number % 5)}`
    await cluster.api.mergePatch(
      `/apis/discovery.k8s.io/v1/namespaces/${namespaceOf(index)}/endpointslices/service-${index}-a`,
      { endpoints: [{ addresses: [address], conditions: { ready: true } }] },
    )
    await delay(CHANGE_PAUSE_MS)
  }
  showProcesses(`after ${CHANGES} changes`, genkan.program.pid)
  await genkan.program.stop()
} finally {
  await cluster.stop()
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1)
}

/** Memory and CPU of the control process and of its workers. */
function showProcesses(when: string, control: number): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
      const isControl = Number(pid) === control
      if (!isControl && number('PPid') !== control) continue
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100
      const megabytes = (name: string): number => Math.round(number(name) / 1024)
      const what = isControl ? 'control' : 'worker'
      say(`${when}: ${what} RSS ${megabytes('VmRSS')} MB, peak ${megabytes('VmHWM')} MB, CPU ${cpuSeconds} s`)
    } catch {
      // Ended meanwhile.
    }
  }
}
