/** The pod of this process as owner of what it writes about itself: the cluster removes that when the pod is gone. */

/** Source: metav1.OwnerReference. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** @returns none where name or uid is not known */
export function podOwner(podName: string, podUid: string): readonly OwnerReference[] {
  return podName === '' || podUid === '' ? [] : [{ apiVersion: 'v1', kind: 'Pod', name: podName, uid: podUid }]
}
