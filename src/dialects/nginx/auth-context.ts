/** What settling authentication needs. */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { BackendRegistry } from '../ingress/backends.ts'
import type { Report } from '../report.ts'

export interface AuthContext {
  readonly snapshot: Snapshot
  readonly backends: BackendRegistry
  readonly report: Report
}

/** Says why an annotation cannot protect, and that the routes are closed. @param absent as of {@link Report} */
export type Deny = (annotation: string, state: string, absent?: string) => null

/** Closing the routes is left to the caller. */
export function denyRoutes(ingress: Ingress, report: Report): Deny {
  return (annotation, state, absent) => {
    report(
      'ANNOTATION_PROTECTS',
      `Cannot protect the routes of ${describeObject(ingress)} with ${NGINX.prefix}${annotation}: ${state}; they answer 503 until that is mended`,
      originOf(ingress, 'metadata', 'annotations', NGINX.prefix + annotation),
      undefined,
      absent,
    )
    return null
  }
}

/** @returns namespace and name of `[namespace/]name` */
export function splitName(text: string, namespace: string): readonly [string, string] {
  const slash = text.indexOf('/')
  return slash === -1 ? [namespace, text] : [text.slice(0, slash), text.slice(slash + 1)]
}
