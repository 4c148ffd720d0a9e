/** Makes the certificates that a translation asks for, once per id and hosts, and adds them to the model. */
import { createSelfSigned } from '../base/certificate.ts'
import { LruMap } from '../base/lru.ts'
import type { CertificateRequest, Translation } from '../dialects/translation.ts'
import type { Certificate, CertificateTable, RoutingModel } from '../routing/model.ts'

export interface GeneratedCertificates {
  /** The translation's model with every requested certificate in it. */
  complete(translation: Translation): Promise<RoutingModel>
}

const DAYS_VALID = 365
/** More generated certificates than this are made again when asked for again. */
const MAX_KEPT = 10_000

export function createGeneratedCertificates(nowMs: () => number): GeneratedCertificates {
  const made = new LruMap<string, Promise<Certificate>>(MAX_KEPT)
  const make = (request: CertificateRequest): Promise<Certificate> => {
    const key = `${request.id} ${request.hosts.join(' ')}`
    let certificate = made.get(key)
    if (certificate === undefined) {
      certificate = generate(request, nowMs())
      made.set(key, certificate)
    }
    return certificate
  }
  /** Asked for the same once more, the same table is the answer: whoever compares sees that nothing changed. */
  let last: {
    readonly table: CertificateTable
    readonly requests: readonly CertificateRequest[]
    readonly completed: CertificateTable
  } | null = null
  return {
    async complete({ model, certificateRequests }) {
      if (certificateRequests.length === 0) return model
      const { certificates: table } = model
      if (table === last?.table && certificateRequests === last.requests)
        return { ...model, certificates: last.completed }
      const generated = await Promise.all(certificateRequests.map(make))
      const certificates = [...table.certificates, ...generated]
      const completed = { ...table, certificates }
      last = { table, requests: certificateRequests, completed }
      return { ...model, certificates: completed }
    },
  }
}

async function generate(request: CertificateRequest, nowMs: number): Promise<Certificate> {
  const pair = await createSelfSigned(request.hosts, {
    days: DAYS_VALID,
    commonName: 'Genkan generated certificate',
    nowMs,
  })
  return { id: request.id, certPem: pair.certPem, keyPem: pair.keyPem, origin: request.origin }
}
