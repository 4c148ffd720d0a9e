/** One object that an Ingress refers to and that is not followed, read for one answer. */
import { decodeObject } from '../../kube/decode/decode-object.ts'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { CONFIG_MAPS, objectPath, SECRETS } from '../../sources/cluster/resource.ts'
import type { AdmissionView } from './judge-ingress.ts'

/** With an object that takes longer nothing is judged: what was asked about is allowed. */
const READ_MS = 2000

/** What may not be read is as if it were not there. */
export function createReferenceReader(transport: ApiTransport): AdmissionView['read'] {
  return async (kind, namespace, name) => {
    const resource = kind === 'Secret' ? SECRETS : CONFIG_MAPS
    try {
      const path = objectPath(resource, namespace, name)
      const raw = await transport.json<object>({ path, signal: AbortSignal.timeout(READ_MS) })
      return decodeObject({ ...raw, apiVersion: resource.apiVersion, kind }, undefined, 0).object ?? undefined
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined
      throw error
    }
  }
}
