/** What in-tree names are made of. */
import { createHash } from 'node:crypto'
import type { Service } from '../../../kube/objects.ts'

/**
 * UID of a Service. A manifest that no API server has seen has none: a hash of its name stands in, so that the names of
 * two load balancers differ in a plan.
 */
export function identityOf({ meta }: Service): string {
  if (meta.uid !== '') return meta.uid
  return createHash('sha256').update(`${meta.namespace}/${meta.name}`).digest('hex').slice(0, 32)
}
