/** `spec.loadBalancerSourceRanges` that an API server or a load balancer refuses. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf } from '../../kube/meta.ts'
import type { Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { isCidr, quote } from '../annotations/check-value.ts'

/** Raises FIELD_VALUE. Source: CoreV1 ServiceSpec.loadBalancerSourceRanges. */
export function checkSourceRanges(snapshot: Snapshot): readonly Finding[] {
  return snapshot.services.flatMap((service) => [...findMisplaced(service), ...findInvalid(service)])
}

function findMisplaced(service: Service): readonly Finding[] {
  const { type, loadBalancerSourceRanges } = service.spec
  if (loadBalancerSourceRanges === undefined || type === 'LoadBalancer') return []
  const message = `Cannot use spec.loadBalancerSourceRanges: the Service is of type ${type}, which has no load balancer; remove it, or write type: LoadBalancer`
  return [remark('FIELD_VALUE', originOf(service, 'spec', 'loadBalancerSourceRanges'), message)]
}

function findInvalid(service: Service): readonly Finding[] {
  return (service.spec.loadBalancerSourceRanges ?? []).flatMap((range, index) => {
    const text = range.trim()
    if (isCidr(text) && text.includes('/')) return []
    const wanted = isCidr(text) ? `${text}${text.includes(':') ? '/128' : '/32'}` : 'a range such as 10.0.0.0/8'
    const message = `Cannot use the source range ${quote(text)}: it is not an address with a prefix length; write ${wanted}`
    return [remark('FIELD_VALUE', originOf(service, 'spec', 'loadBalancerSourceRanges', index), message)]
  })
}
