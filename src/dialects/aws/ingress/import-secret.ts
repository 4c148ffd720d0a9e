/** A TLS Secret as a certificate of ACM (ImportCertificate). */
import { createHash, X509Certificate } from 'node:crypto'
import type { ImportedCertificate, Tags } from '../../../aws/stack/model.ts'
import type { Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import { readTlsSecret } from '../../../kube/tls-secret.ts'
import type { GroupContext } from './group-context.ts'

/** Bits of RSA keys and curves that ACM takes and load balancers serve. */
const RSA_BITS = [1024, 2048, 3072, 4096]
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

/** `null`, with a finding at `origin`, where it does not exist or ACM would refuse it. */
export function importableSecret(
  namespace: string,
  name: string,
  tags: Tags,
  origin: Origin,
  { snapshot, report, options }: Pick<GroupContext, 'snapshot' | 'report' | 'options'>,
): ImportedCertificate | null {
  const secret = snapshot.secret(namespace, name)
  const subject = `Cannot import TLS Secret ${namespace}/${name}`
  if (secret === undefined) {
    const absent = `Secret ${namespace}/${name}`
    report(
      'SECRET_NOT_FOUND',
      `${subject}: it does not exist; create it or correct the name`,
      origin,
      undefined,
      absent,
    )
    return null
  }
  const read = readTlsSecret(secret)
  if (!read.ok) {
    for (const { code, message, origin: at, severity } of read.findings) report(code, message, at, severity)
    return null
  }
  const { certPem, names, notAfter, notBefore } = read.value
  if (notAfter <= options.nowMs || notBefore > options.nowMs) {
    const state =
      notAfter <= options.nowMs ? `it expired at ${toText(notAfter)}` : `it is valid from ${toText(notBefore)}`
    report('CERTIFICATE_EXPIRED', `${subject}: ${state}; ACM takes certificates that are valid now`, origin)
    return null
  }
  const certificate = new X509Certificate(certPem)
  const problem = problemOfKey(certificate)
  if (problem !== null) {
    report(
      'SECRET_INVALID',
      `${subject}: ${problem}; ACM takes RSA keys of ${RSA_BITS.join(', ')} bits and EC keys on P-256, P-384 and P-521`,
      origin,
    )
    return null
  }
  return {
    id: `${namespace}/${name}`,
    origins: [originOf(secret), origin],
    namespace,
    secretName: name,
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    domainNames: names,
    tags,
  }
}

function problemOfKey({ publicKey }: X509Certificate): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0
    return RSA_BITS.includes(bits) ? null : `its RSA key has ${bits} bits`
  }
  if (type === 'ec') {
    const curve = details?.namedCurve ?? ''
    return CURVES.includes(curve) ? null : `its key is on the curve ${curve}`
  }
  return `its key is of type ${type ?? 'unknown'}`
}

function toText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
