/**
 * From a write to the API server until the first answer that shows it, through `genkan serve`: an endpoint, a route, a
 * certificate, with 100, 1,000 and 10,000 Ingresses loaded. Needs a network namespace:
 * `bash scripts/in-namespace.sh node benchmarks/propagation.ts [SIZES...]`
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createSelfSigned } from '../src/base/certificate.ts'
import { startServe, type ServeProcess } from '../test/cluster/parts/serve-process.ts'
import { startTestCluster } from '../test/cluster/parts/test-cluster.ts'
import { percentile } from './statistics.ts'

const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1000, 10_000]
const SAMPLES = 30
const WRITERS = 40
const PATIENCE_MS = 20_000
const OLD = '10.244.9.1'
const NEW = '10.244.9.2'
const NETWORKING = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

const cluster = await startTestCluster()
const echoes = await Promise.all([OLD, NEW].map(startEcho))
try {
  await cluster.api.create('/apis/networking.k8s.io/v1/ingressclasses', {
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  })
  process.stdout.write('| Ingresses | change | p50 ms | p99 ms |\n| --- | --- | --- | --- |\n')
  let written = 0
  for (const size of SIZES) {
    for (; written < size; written += WRITERS)
      await Promise.all(range(written, Math.min(size, written + WRITERS)).map(writeOne))
    const genkan = await startServe(cluster.kubeconfig, `genkan-${size}`, ['--update-status=false'], 120_000)
    try {
      await report(size, 'endpoint', (sample) => changeEndpoint(genkan, sample))
      await report(size, 'new route', (sample) => addRoute(genkan, size, sample))
      await report(size, 'certificate', (sample) => changeCertificate(genkan, sample))
    } finally {
      await genkan.program.stop()
    }
  }
} finally {
  for (const echo of echoes) echo.close()
  await cluster.stop()
}

async function writeOne(index: number): Promise<void> {
  await cluster.api.create('/api/v1/namespaces/default/services', {
    metadata: { name: `service-${index}` },
    spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  })
  await cluster.api.create(SLICES, {
    metadata: { name: `service-${index}-a`, labels: { 'kubernetes.io/service-name': `service-${index}` } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [{ addresses: [OLD], conditions: { ready: true } }],
  })
  await cluster.api.create(NETWORKING, ingress(`ingress-${index}`, `host-${index}.example`, index))
}

function ingress(name: string, host: string, service: number, secretName?: string): object {
  const backend = { service: { name: `service-${service}`, port: { number: 80 } } }
  return {
    metadata: { name, annotations: { 'nginx.ingress.kubernetes.io/ssl-redirect': 'false' } },
    spec: {
      ingressClassName: 'nginx',
      ...(secretName === undefined ? {} : { tls: [{ hosts: [host], secretName }] }),
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  }
}

async function changeEndpoint(genkan: ServeProcess, sample: number): Promise<number> {
  const wanted = sample % 2 === 0 ? NEW : OLD
  await cluster.api.mergePatch(`${SLICES}/service-0-a`, {
    endpoints: [{ addresses: [wanted], conditions: { ready: true } }],
  })
  return await until(async () => (await get(genkan.httpPort, 'host-0.example')).endsWith(wanted))
}

async function addRoute(genkan: ServeProcess, size: number, sample: number): Promise<number> {
  const host = `new-${size}-${sample}.example`
  await cluster.api.create(NETWORKING, ingress(`new-${size}-${sample}`, host, 1))
  return await until(async () => (await get(genkan.httpPort, host)).startsWith('HTTP/1.1 200'))
}

async function changeCertificate(genkan: ServeProcess, sample: number): Promise<number> {
  const host = `tls-${genkan.httpPort}.example`
  const name = `tls-${genkan.httpPort}`
  const pair = await createSelfSigned([host], { commonName: `sample ${sample}` })
  const encode = (text: string): string => Buffer.from(text).toString('base64')
  const data = { 'tls.crt': encode(pair.certPem), 'tls.key': encode(pair.keyPem) }
  if (sample === 0) {
    await cluster.api.create('/api/v1/namespaces/default/secrets', {
      metadata: { name },
      type: 'kubernetes.io/tls',
      data,
    })
    await cluster.api.create(NETWORKING, ingress(name, host, 1, name))
  } else await cluster.api.mergePatch(`/api/v1/namespaces/default/secrets/${name}`, { data })
  return await until(async () => (await commonName(genkan.httpsPort, host)) === `sample ${sample}`)
}

async function report(size: number, change: string, measure: (sample: number) => Promise<number>): Promise<void> {
  const times: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) times.push(await measure(sample))
  // The first one of a certificate is a new Ingress as well.
  const sorted = Float64Array.from(times.slice(1))
  const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)]
  process.stdout.write(`| ${size} | ${change} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |\n`)
}

/** Milliseconds since the API server acknowledged the write. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  const beganMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - beganMs > PATIENCE_MS) throw new Error('The change did not arrive in 20 s')
  }
  return performance.now() - beganMs
}

async function get(port: number, host: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

async function commonName(port: number, host: string): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: host, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const name = socket.getPeerCertificate().subject.CN
  socket.destroy()
  return String(name)
}

async function startEcho(address: string): Promise<ReturnType<typeof createServer>> {
  const server = createServer((_request, response) => response.end(address))
  server.listen(8080, address)
  await once(server, 'listening')
  return server
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
