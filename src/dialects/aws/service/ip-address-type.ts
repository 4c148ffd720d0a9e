/** Whether an NLB has IPv6 addresses too. */
import { originOf } from '../../../kube/meta.ts'
import type { Ownership } from './ownership.ts'
import { LB, reportValue, type ServiceContext } from './service-context.ts'

/**
 * The annotation decides. Where it is silent a Service with IPv6 among its ipFamilies has both families, because its pods
 * could not be reached otherwise; the AWS controller refuses such Services, so nothing that exists changes by this.
 */
export function isDualStackOf(context: ServiceContext, kind: Extract<Ownership, { kind: 'nlb' }>): boolean {
  const { service, reader } = context
  const families = service.spec.ipFamilies ?? []
  const reading = reader.text([service], `${LB}ip-address-type`)
  if (reading.kind !== 'value') return !kind.isInTree && families.includes('IPv6')
  if (reading.value === 'dualstack') return true
  if (families.length > 0 && !families.includes('IPv4')) {
    reportValue(
      context,
      reading,
      'the Service has IPv6 addresses only, which an IPv4 load balancer does not reach; write dualstack',
      'error',
    )
    context.refuse('Cannot make a load balancer: it would reach no target', originOf(service, 'spec', 'ipFamilies'))
  }
  return false
}
