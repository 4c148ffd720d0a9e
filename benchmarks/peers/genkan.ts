/** Genkan from this checkout: `genkan dev`, access log to a file; with one worker, with two, and with many routes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGenkan } from '../../test/support/genkan.ts'
import { BENCH_HOST, GRPC_SERVICE, type PeerKind, type PeerSetup } from './peer.ts'

export const genkanPeer: PeerKind = genkanVariant('genkan', {})

/** Two workers that share the ports. */
export const genkanTwoPeer: PeerKind = genkanVariant('genkan, 2 workers', { workers: 2 })

/** The same route among 10,000 hosts of 5 paths each. */
export const genkanManyPeer: PeerKind = genkanVariant('genkan, 10,000 hosts', { otherHosts: 10_000 })

interface Variant {
  readonly workers?: number
  readonly otherHosts?: number
}

function genkanVariant(name: string, { workers = 1, otherHosts = 0 }: Variant): PeerKind {
  return {
    name,
    isEquivalent: true,
    async start(setup) {
      const folder = setup.folder.file(`genkan-${workers}-${otherHosts}-${setup.upstreamPort}`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'bench.yaml'), manifests(setup))
      if (otherHosts > 0) writeFileSync(join(folder, 'others.json'), otherIngresses(otherHosts))
      const genkan = await startGenkan([
        folder,
        `--workers=${workers}`,
        `--access-log=${setup.folder.file(`genkan-${workers}-${otherHosts}-access.log`)}`,
        '--config-map=bench/settings',
        '--no-simulate',
        `--backend=bench/echo=127.0.0.1:${setup.upstreamPort}`,
        `--backend=bench/grpc=127.0.0.1:${setup.grpcUpstreamPort || setup.upstreamPort}`,
      ])
      const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
        version: string
      }
      return {
        name,
        version: `genkan ${version}, Node ${process.versions.node}`,
        pid: genkan.pid,
        httpPort: genkan.httpPort,
        httpsPort: genkan.httpsPort,
        stop: () => genkan.stop(),
      }
    },
  }
}

function otherIngresses(count: number): string {
  const backend = { service: { name: 'echo', port: { number: 80 } } }
  const items = Array.from({ length: count }, (_, index) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: `other-${index}`, namespace: 'bench' },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: `host-${index}.bench.example`,
          http: {
            paths: ['/', '/api', '/api/v1', '/static', '/exact'].map((path) => ({
              path,
              pathType: path === '/exact' ? 'Exact' : 'Prefix',
              backend,
            })),
          },
        },
      ],
    },
  }))
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

/** Connection limits are lifted as in the other peers, so that no run measures reconnects. */
function manifests(setup: PeerSetup): string {
  const encode = (file: string): string => readFileSync(file).toString('base64')
  return `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: bench }
data: { keep-alive-requests: "100000000", upstream-keepalive-requests: "100000000" }
---
apiVersion: v1
kind: Secret
metadata: { name: bench-tls, namespace: bench }
type: kubernetes.io/tls
data:
  tls.crt: ${encode(setup.certificateFile)}
  tls.key: ${encode(setup.keyFile)}
${routeTo('echo', '/', `nginx.ingress.kubernetes.io/proxy-body-size: "0"`, `tls: [{ hosts: [${BENCH_HOST}], secretName: bench-tls }]`)}${routeTo('grpc', `/${GRPC_SERVICE}`, 'nginx.ingress.kubernetes.io/backend-protocol: GRPC', '')}`
}

/** A Service, and an Ingress that leads a path to it. */
function routeTo(name: string, path: string, annotation: string, tls: string): string {
  return `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: bench }
spec:
  ports: [{ port: 80 }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: bench
  annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false", ${annotation} }
spec:
  ingressClassName: nginx
  ${tls}
  rules:
    - host: ${BENCH_HOST}
      http:
        paths:
          - { path: ${path}, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }
`
}
