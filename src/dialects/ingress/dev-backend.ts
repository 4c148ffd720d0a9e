/** The way out for Services whose pods are not among the manifests. */
import { originOf } from '../../kube/meta.ts'
import type { Service } from '../../kube/objects.ts'

/** `, or ...` for the end of a remark on a Service that was read from a file; empty for one of a cluster. */
export function orDevBackend(service: Service): string {
  if (originOf(service).file === undefined) return ''
  const { namespace, name } = service.meta
  return `, or give genkan dev --backend ${namespace}/${name}=HOST:PORT for one that runs elsewhere`
}
