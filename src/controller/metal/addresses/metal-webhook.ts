/** The webhook for MetalLB's kinds, where it is switched on. Every replica answers. */
import { judgeMetal, type MetalAdmissionView } from '../../admission/judge-metal.ts'
import { type Admission, startAdmission } from '../../admission/start-admission.ts'
import type { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { listConfiguration } from './list-configuration.ts'
import type { MetalServeOptions } from './metal-options.ts'

export interface MetalWebhookOptions {
  readonly transport: ApiTransport
  readonly options: Pick<MetalServeOptions, 'webhook' | 'metalNamespace' | 'podNamespace'>
  readonly isLeader: () => boolean
  readonly onProblem: (message: string) => void
}

/** Beside that of the webhook for Ingresses, which another program may keep. */
const SECRET_NAME = 'genkan-metal-admission'
/** A configuration that takes longer is not judged by: the object is allowed, with a warning. */
const READ_MS = 8000

/** @returns `null` where it is off @throws {Error} with a `code` when the address cannot be listened on */
export async function startMetalWebhook(parts: MetalWebhookOptions): Promise<Admission | null> {
  const { transport, options, isLeader, onProblem } = parts
  const { webhook, metalNamespace, podNamespace } = options
  if (webhook.address === '') return null
  const view: MetalAdmissionView = {
    namespace: metalNamespace,
    read: () => listConfiguration(transport, metalNamespace, AbortSignal.timeout(READ_MS)),
  }
  return await startAdmission({
    transport,
    judge: (request) => judgeMetal(request, view),
    ...webhook,
    secretName: SECRET_NAME,
    podNamespace,
    isLeader,
    onProblem,
  })
}
