/** The certificate of all simulated pods of this process: of no authority and for no name, as pods have them. */
import { type CertificatePair, createSelfSigned } from '../../base/certificate.ts'

let made: Promise<CertificatePair> | null = null

/** Made when the first pod is spoken to over TLS. */
export function podCertificate(): Promise<CertificatePair> {
  made ??= createSelfSigned(['pod.genkan.invalid'])
  return made
}
