/** An admission webhook: server and certificate together, with whatever judges. */
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { type AdmissionServerOptions, startAdmissionServer } from './admission-server.ts'
import { followCertificateFiles } from './certificate-files.ts'
import { keepOwnCertificate } from './own-certificate.ts'

export interface AdmissionOptions {
  readonly transport: ApiTransport
  readonly judge: AdmissionServerOptions['judge']
  /** `--validating-webhook` */
  readonly address: string
  /** Both empty: a certificate of our own. */
  readonly certificateFile: string
  readonly keyFile: string
  /** `--webhook-configuration` */
  readonly configuration: string
  /** Where a certificate of our own is kept; default that of the webhook for Ingresses. */
  readonly secretName?: string
  readonly podNamespace: string
  readonly isLeader: () => boolean
  readonly onProblem: (message: string) => void
}

export interface Admission {
  readonly port: number
  close(): Promise<void>
}

/** @throws {Error} with a `code` when the address cannot be listened on, or no certificate can be had */
export async function startAdmission(options: AdmissionOptions): Promise<Admission> {
  const { transport, address, judge, certificateFile, keyFile, configuration, secretName, onProblem } = options
  const hasFiles = certificateFile !== '' && keyFile !== ''
  if (!hasFiles && configuration === '') {
    const message =
      'Cannot start the admission webhook: it has no certificate; give --validating-webhook-certificate and ' +
      '--validating-webhook-key, or --webhook-configuration for one of our own'
    throw Object.assign(new Error(message), { code: 'ERR_NO_CERTIFICATE' })
  }
  const server = await startAdmissionServer({ address, judge, onProblem })
  const endCertificate = hasFiles
    ? await followCertificateFiles({ certificate: certificateFile, key: keyFile }, server.useCertificate, onProblem)
    : keepOwnCertificate({
        transport,
        namespace: options.podNamespace,
        configuration,
        ...(secretName === undefined ? {} : { secretName }),
        isLeader: options.isLeader,
        use: server.useCertificate,
        onProblem,
      })
  return {
    port: server.port,
    async close() {
      endCertificate()
      await server.close()
    },
  }
}
