/** Genkan from this checkout: `genkan dev` over one Ingress, one worker, access log to a file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startGenkan } from '../../test/support/genkan.ts'
import { BENCH_HOST, type PeerKind, type PeerSetup } from './peer.ts'

export const genkanPeer: PeerKind = {
  name: 'genkan',
  async start(setup) {
    const folder = setup.folder.file(`genkan-${setup.upstreamPort}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'bench.yaml'), manifests(setup))
    const genkan = await startGenkan([
      folder,
      '--workers=1',
      `--access-log=${setup.folder.file('genkan-access.log')}`,
      '--config-map=bench/settings',
      `--backend=bench/echo=127.0.0.1:${setup.upstreamPort}`,
    ])
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    return {
      name: 'genkan',
      version: `genkan ${version}, Node ${process.versions.node}`,
      pid: genkan.pid,
      httpPort: genkan.httpPort,
      httpsPort: genkan.httpsPort,
      stop: () => genkan.stop(),
    }
  },
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
---
apiVersion: v1
kind: Service
metadata: { name: echo, namespace: bench }
spec:
  ports: [{ port: 80 }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: bench
  namespace: bench
  annotations: { nginx.ingress.kubernetes.io/ssl-redirect: "false" }
spec:
  ingressClassName: nginx
  tls: [{ hosts: [${BENCH_HOST}], secretName: bench-tls }]
  rules:
    - host: ${BENCH_HOST}
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: echo, port: { number: 80 } } } }
`
}
