/** Who may reach a Service's load balancer (CoreV1 ServiceSpec.loadBalancerSourceRanges). */
import { isIPv6 } from 'node:net'
import type { Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import { isCidr, quote, splitList } from '../../annotations/check-value.ts'
import { normalizeCidr } from '../cidr.ts'
import type { ServiceContext } from './service-context.ts'

export interface SourceRanges {
  /** Sorted, each once. Empty = nobody, where ranges are written and none can be used. */
  readonly cidrs: readonly string[]
  /** Nobody wrote any: everybody is admitted. */
  readonly isDefault: boolean
  readonly origin: Origin
}

const BETA = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const GA = 'service.kubernetes.io/load-balancer-source-ranges'

/**
 * The field, else the annotation, else everybody. A range that cannot be read, or is of a family that the load balancer
 * does not have, is left out with an error: that only ever admits fewer.
 */
export function readSourceRanges(context: ServiceContext, isDualStack: boolean): SourceRanges {
  const written = findWritten(context)
  if (written === null) {
    const cidrs = isDualStack ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0']
    return { cidrs, isDefault: true, origin: originOf(context.service) }
  }
  const cidrs = new Set<string>()
  for (const { text, origin } of written.entries) {
    const cidr = text.includes('/') || !isCidr(text) ? text : `${text}/${isIPv6(text) ? 128 : 32}`
    const problem = judge(cidr, isDualStack)
    if (problem === null) cidrs.add(normalizeCidr(cidr))
    else {
      const message = `Cannot admit the source range ${quote(text)}: ${problem}; it is left out`
      context.report('FIELD_VALUE', message, origin, 'error')
    }
  }
  if (cidrs.size === 0) {
    const message = 'Cannot admit anybody: source ranges are written and none can be used; write one such as 10.0.0.0/8'
    context.report('FIELD_VALUE', message, written.origin, 'error')
  }
  return { cidrs: [...cidrs].sort(), isDefault: false, origin: written.origin }
}

interface Written {
  readonly origin: Origin
  readonly entries: readonly { readonly text: string; readonly origin: Origin }[]
}

function findWritten({ service }: ServiceContext): Written | null {
  const ranges = service.spec.loadBalancerSourceRanges
  if (ranges !== undefined && ranges.length > 0) {
    const entries = ranges.map((range, index) => ({
      text: range.trim(),
      origin: originOf(service, 'spec', 'loadBalancerSourceRanges', index),
    }))
    return { origin: originOf(service, 'spec', 'loadBalancerSourceRanges'), entries }
  }
  // Empty text is as good as none (Kubernetes' own reading).
  const key = [BETA, GA].find((name) => (service.meta.annotations[name] ?? '').trim() !== '')
  if (key === undefined) return null
  const origin = originOf(service, 'metadata', 'annotations', key)
  const entries = splitList(service.meta.annotations[key] ?? '').map((text) => ({ text, origin }))
  return { origin, entries }
}

function judge(cidr: string, isDualStack: boolean): string | null {
  if (!isCidr(cidr)) return 'it is not a range; write one such as 10.0.0.0/8'
  if (cidr.includes(':') && !isDualStack) {
    return 'the load balancer has IPv4 addresses only; write aws-load-balancer-ip-address-type: dualstack, or remove it'
  }
  return null
}
