/** Rights that were granted a moment ago: the API server learns of them by a watch of its own. */
import { pollUntil } from './poll.ts'
import type { TestCluster } from './test-cluster.ts'

export interface Right {
  readonly verb: string
  readonly group?: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/** What `kubectl auth can-i` says of a service account. @param account `namespace:name` */
export async function isAllowed(cluster: TestCluster, account: string, right: Right): Promise<boolean> {
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
  const spec = { user: `system:serviceaccount:${account}`, resourceAttributes: right }
  const { status } = await cluster.api.create<{ readonly status: { readonly allowed: boolean } }>(path, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec,
  })
  return status.allowed
}

/** Waits until all of them are in force. */
export async function untilAllowed(cluster: TestCluster, account: string, rights: readonly Right[]): Promise<void> {
  for (const right of rights) {
    await pollUntil(() => isAllowed(cluster, account, right), `${account} may ${right.verb} ${right.resource}`)
  }
}
