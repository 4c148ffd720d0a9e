/** Facts about the model that is served which only metrics show. */
import { X509Certificate } from 'node:crypto'
import type { CertificateFacts, ControllerFacts } from '../admin/controller-metrics.ts'
import type { Certificate, RoutingModel } from '../routing/model.ts'

/** Ingresses of which a route leads to no Service or to one without endpoints. */
export function readOrphans(model: RoutingModel | null): ControllerFacts['orphans'] {
  if (model === null) return []
  const backends = new Map(model.backends.map((backend) => [backend.id, backend]))
  const orphans = new Map<string, ControllerFacts['orphans'][number]>()
  for (const { action, labels } of model.routes.hosts.flatMap((host) => host.routes)) {
    if (action.kind !== 'forward' || labels.ingress === '') continue
    const backend = backends.get(action.backendId)
    const isEmpty = backend?.target.kind === 'endpoints' && backend.target.endpoints.length === 0
    if (backend !== undefined && !isEmpty) continue
    const type = backend === undefined ? 'no-service' : 'no-endpoint'
    const { namespace, ingress } = labels
    orphans.set(`${namespace}/${ingress}/${type}`, { namespace, ingress, type })
  }
  return [...orphans.values()]
}

const parsed = new WeakMap<Certificate, { readonly serial: string; readonly notAfterMs: number }>()

/** One row for each host name that a certificate serves. */
export function readCertificateFacts(model: RoutingModel | null): readonly CertificateFacts[] {
  if (model === null) return []
  const byId = new Map(model.certificates.certificates.map((certificate) => [certificate.id, certificate]))
  return model.certificates.bySni.flatMap(({ name, certificateId }) => {
    const certificate = byId.get(certificateId)
    if (certificate === undefined) return []
    const { serial, notAfterMs } = readCertificate(certificate)
    const [namespace = '', secretName = ''] = certificateId.split('/')
    return [{ host: name, namespace, secretName, identifier: serial, notAfterMs }]
  })
}

function readCertificate(certificate: Certificate): { readonly serial: string; readonly notAfterMs: number } {
  let facts = parsed.get(certificate)
  if (facts === undefined) {
    const x509 = new X509Certificate(certificate.certPem)
    facts = { serial: x509.serialNumber, notAfterMs: Date.parse(x509.validTo) }
    parsed.set(certificate, facts)
  }
  return facts
}
