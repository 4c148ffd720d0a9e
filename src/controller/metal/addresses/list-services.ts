/** All Services as they are now, by the API server and not by a watch that may lag behind. */
import { decodeObject } from '../../../kube/decode/decode-object.ts'
import type { Service } from '../../../kube/objects.ts'
import type { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import type { RawObject } from '../../../sources/cluster/reflector.ts'
import { collectionPath, SERVICES } from '../../../sources/cluster/resource.ts'

interface Page {
  readonly metadata?: { readonly continue?: string }
  readonly items?: readonly RawObject[] | null
}

const PAGE = 1000

/** @throws {ApiError} when they cannot be read */
export async function listServices(transport: ApiTransport, signal: AbortSignal): Promise<readonly Service[]> {
  const services: Service[] = []
  let token = ''
  do {
    // Without a resourceVersion: what was written before is in it.
    const query = new URLSearchParams({ limit: String(PAGE), ...(token === '' ? {} : { continue: token }) })
    const page = await transport.json<Page>({ path: `${collectionPath(SERVICES, '')}?${query.toString()}`, signal })
    for (const item of page.items ?? []) {
      const { object } = decodeObject({ ...item, apiVersion: 'v1', kind: 'Service' }, undefined, 0)
      if (object?.kind === 'Service') services.push(object)
    }
    token = page.metadata?.continue ?? ''
  } while (token !== '')
  return services
}
