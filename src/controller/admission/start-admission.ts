/** The admission webhook of `genkan serve`: server, certificate and judgement together. */
import { decodeObject } from '../../kube/decode/decode-object.ts'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { CONFIG_MAPS, objectPath, SECRETS } from '../../sources/cluster/resource.ts'
import { startAdmissionServer } from './admission-server.ts'
import { followCertificateFiles } from './certificate-files.ts'
import { type AdmissionView, judgeIngress } from './judge-ingress.ts'
import { keepOwnCertificate } from './own-certificate.ts'

export interface AdmissionOptions {
  readonly transport: ApiTransport
  readonly view: Omit<AdmissionView, 'read'>
  /** `--validating-webhook` */
  readonly address: string
  /** Both empty: a certificate of our own. */
  readonly certificateFile: string
  readonly keyFile: string
  /** `--webhook-configuration` */
  readonly configuration: string
  readonly podNamespace: string
  readonly isLeader: () => boolean
  readonly onProblem: (message: string) => void
}

export interface Admission {
  readonly port: number
  close(): Promise<void>
}

/** With a Secret that takes longer nothing is judged: the object is allowed. */
const READ_MS = 2000

/** @throws {Error} with a `code` when the address cannot be listened on, or no certificate can be had */
export async function startAdmission(options: AdmissionOptions): Promise<Admission> {
  const { transport, certificateFile, keyFile, configuration, onProblem } = options
  const hasFiles = certificateFile !== '' && keyFile !== ''
  if (!hasFiles && configuration === '') {
    const message =
      'Cannot start the admission webhook: it has no certificate; give --validating-webhook-certificate and ' +
      '--validating-webhook-key, or --webhook-configuration for one of our own'
    throw Object.assign(new Error(message), { code: 'ERR_NO_CERTIFICATE' })
  }
  const view: AdmissionView = {
    ...options.view,
    read: async (kind, namespace, name) => {
      const resource = kind === 'Secret' ? SECRETS : CONFIG_MAPS
      try {
        const path = objectPath(resource, namespace, name)
        const raw = await transport.json<object>({ path, signal: AbortSignal.timeout(READ_MS) })
        return decodeObject({ ...raw, apiVersion: resource.apiVersion, kind }, undefined, 0).object ?? undefined
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined
        throw error
      }
    },
  }
  const server = await startAdmissionServer({
    address: options.address,
    judge: (request) => judgeIngress(request, view),
    onProblem,
  })
  const endCertificate = hasFiles
    ? await followCertificateFiles({ certificate: certificateFile, key: keyFile }, server.useCertificate, onProblem)
    : keepOwnCertificate({
        transport,
        namespace: options.podNamespace,
        configuration,
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
