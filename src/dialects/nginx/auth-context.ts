/** What settling authentication needs. */
import type { Snapshot } from '../../kube/snapshot.ts'
import type { BackendRegistry } from '../ingress/backends.ts'
import type { Report } from '../report.ts'

export interface AuthContext {
  readonly snapshot: Snapshot
  readonly backends: BackendRegistry
  readonly report: Report
}

/** Says why an annotation cannot protect, and that the routes are closed. @param absent as of {@link Report} */
export type Deny = (annotation: string, state: string, absent?: string) => null

/** @returns namespace and name of `[namespace/]name` */
export function splitName(text: string, namespace: string): readonly [string, string] {
  const slash = text.indexOf('/')
  return slash === -1 ? [namespace, text] : [text.slice(0, slash), text.slice(slash + 1)]
}
