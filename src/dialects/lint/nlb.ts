/** The most misread annotation of load balancers on AWS. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf } from '../../kube/meta.ts'
import type { Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'

const INTERNAL = 'service.beta.kubernetes.io/aws-load-balancer-internal'

/** Raises NLB_INTERNAL_IS_NOT_A_RANGE for values that look like an address or a range, placeholders included. */
export function checkNlbInternal(snapshot: Snapshot): readonly Finding[] {
  return snapshot.services.flatMap((service) => internalIsNotARange(service) ?? [])
}

/** The finding for one Service; `null` when the annotation is absent or no range. */
export function internalIsNotARange(service: Service): Finding | null {
  const value = service.meta.annotations[INTERNAL]?.trim() ?? ''
  if (!/[./:]/.test(value)) return null
  const message =
    `Cannot restrict sources with aws-load-balancer-internal: the range ${value} only ` +
    'makes the load balancer internal, as "true" does; write "true", and the ranges in spec.loadBalancerSourceRanges'
  return remark('NLB_INTERNAL_IS_NOT_A_RANGE', originOf(service, 'metadata', 'annotations', INTERNAL), message)
}
