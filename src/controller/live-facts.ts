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

type ReadCertificate = Omit<CertificateFacts, 'host' | 'namespace' | 'secretName'>

const parsed = new WeakMap<Certificate, ReadCertificate>()

/** One row for each host name that a certificate serves. */
export function readCertificateFacts(model: RoutingModel | null): readonly CertificateFacts[] {
  if (model === null) return []
  const byId = new Map(model.certificates.certificates.map((certificate) => [certificate.id, certificate]))
  return model.certificates.bySni.flatMap(({ name, certificateId }) => {
    const certificate = byId.get(certificateId)
    if (certificate === undefined) return []
    const [namespace = '', secretName = ''] = certificateId.split('/')
    return [{ host: name, namespace, secretName, ...readCertificate(certificate) }]
  })
}

function readCertificate(certificate: Certificate): ReadCertificate {
  let facts = parsed.get(certificate)
  if (facts === undefined) {
    const x509 = new X509Certificate(certificate.certPem)
    // Decimal, as Go prints big numbers.
    const serialNumber = BigInt(`0x${x509.serialNumber}`).toString()
    facts = {
      identifier: `${serialNumber}-${new Date(x509.validTo).toISOString()}`,
      notAfterMs: Date.parse(x509.validTo),
      issuerOrganization: nameIn(x509.issuer, 'O'),
      issuerCommonName: nameIn(x509.issuer, 'CN'),
      serialNumber,
      publicKeyAlgorithm: ALGORITHMS[x509.publicKey.asymmetricKeyType ?? ''] ?? '',
    }
    parsed.set(certificate, facts)
  }
  return facts
}

/** As Go's crypto/x509 names them. */
const ALGORITHMS: Readonly<Record<string, string>> = { rsa: 'RSA', ec: 'ECDSA', ed25519: 'Ed25519', dsa: 'DSA' }

/** Value of one attribute in a name as Node prints it, `CN=...` a line. */
function nameIn(name: string, attribute: string): string {
  const line = name.split('\n').find((text) => text.startsWith(`${attribute}=`))
  return line?.slice(attribute.length + 1) ?? ''
}
