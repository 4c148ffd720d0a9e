/** The webhook that adds readiness gates to pods, where it is switched on: server and certificate together. */
import { type AdmissionServer, startAdmissionServer } from '../admission/admission-server.ts'
import { keepOwnCertificate } from '../admission/own-certificate.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import type { KindsSource } from '../../sources/cluster/kinds-source.ts'
import type { AwsServeOptions } from './aws-options.ts'
import { type GatesByService, injectGates } from './gate-injection.ts'

export interface PodWebhookOptions {
  readonly transport: ApiTransport
  readonly options: Pick<AwsServeOptions, 'podWebhook' | 'webhookConfiguration' | 'podNamespace'>
  readonly source: KindsSource
  readonly gates: () => Promise<GatesByService>
  readonly isLeader: () => boolean
  readonly problem: (message: string) => void
}

/** Beside that of the webhook for Ingresses, which another program may keep. */
const SECRET_NAME = 'genkan-aws-pods'

/** @returns `null` where it is off @throws {Error} with a `code` when the address cannot be listened on */
export async function startPodWebhook(parts: PodWebhookOptions): Promise<{ close(): Promise<void> } | null> {
  const { transport, options, source, gates, isLeader, problem } = parts
  if (options.podWebhook === '') return null
  const server: AdmissionServer = await startAdmissionServer({
    address: options.podWebhook,
    judge: (request) => injectGates(request, { servicesOf: (namespace) => source.servicesOf(namespace), gates }),
    onProblem: problem,
  })
  const endCertificate = keepOwnCertificate({
    transport,
    namespace: options.podNamespace,
    configuration: options.webhookConfiguration,
    isMutating: true,
    secretName: SECRET_NAME,
    isLeader,
    use: server.useCertificate,
    onProblem: problem,
  })
  return {
    async close() {
      endCertificate()
      await server.close()
    },
  }
}
