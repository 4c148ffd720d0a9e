import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSnapshot } from '../../kube/snapshot.ts'
import type { Backend, UpstreamProtocol } from '../../routing/model.ts'
import { forwardRoute, hostWith } from '../../routing/testing/forward-route.ts'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import { readContent } from '../../sources/files/file-content.ts'
import { withResilience } from './resilience-routes.ts'

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, annotations: { genkan.dev/health-check-path: /healthz } }
spec: { selector: { app: web }, ports: [{ port: 443 }] }
`
const TLS: UpstreamTlsConfig = {
  serverName: '',
  sendsServerName: false,
  verify: null,
  clientCertificate: null,
  ciphers: '',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
}

function checkProtocol(upstreamTls: UpstreamTlsConfig, protocol: UpstreamProtocol = 'https'): string | undefined {
  const content = readContent(SERVICE, 'web.yaml', 0)
  const backend: Backend = {
    id: 'shop/web:443',
    upstreamName: 'shop-web-443',
    target: { kind: 'endpoints', endpoints: [] },
  }
  const host = hostWith('a.example', forwardRoute({ backendId: backend.id, protocol, upstreamTls }))
  const [after] = withResilience([backend], [], [host], createSnapshot(content.objects), () => {})
  return after?.healthCheck?.protocol
}

test('a backend that is shown our certificate is checked by a connection only', () => {
  assert.equal(checkProtocol(TLS), 'http', 'no Ingress says otherwise')
  assert.equal(checkProtocol({ ...TLS, clientCertificate: { certPem: 'c', keyPem: 'k' } }), 'tcp')
})

test('a backend of HTTP/2 is checked by a connection only, whoever says that it is one', () => {
  assert.equal(checkProtocol(TLS, 'h2c'), 'tcp')
  assert.equal(checkProtocol(TLS, 'client'), 'http')
})
