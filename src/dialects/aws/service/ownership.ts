/** Which Services get a load balancer from us, and of which kind (CoreV1 ServiceSpec.loadBalancerClass). */
import { originOf } from '../../../kube/meta.ts'
import type { Service } from '../../../kube/objects.ts'
import type { Report } from '../../report.ts'
import { type AnnotationReader, valueOr } from '../annotation-reader.ts'
import type { AwsOptions } from '../options.ts'

/** The class that the AWS Load Balancer Controller writes on Services. */
const NLB_CLASS = 'service.k8s.aws/nlb'

export type Ownership =
  | {
      readonly kind: 'nlb'
      readonly targetType: 'instance' | 'ip'
      /** Of the in-tree controller: its names and defaults hold, so that what exists is taken over. */
      readonly isInTree: boolean
    }
  | { readonly kind: 'classic' }
  | { readonly kind: 'none' }

const NONE = { kind: 'none' } as const
const TYPE = 'aws-load-balancer-type'
const TARGET_TYPE = 'aws-load-balancer-nlb-target-type'

/** A Service that is being deleted, or of another type or class, has no load balancer of ours. */
export function ownershipOf(
  service: Service,
  options: AwsOptions,
  reader: AnnotationReader,
  report: Report,
): Ownership {
  const { spec, meta } = service
  if (spec.type !== 'LoadBalancer' || meta.deletionTimestamp !== undefined) return NONE
  if (options.watchNamespace !== '' && options.watchNamespace !== meta.namespace) return NONE
  const hasClass = spec.loadBalancerClass !== undefined
  if (hasClass && spec.loadBalancerClass !== NLB_CLASS) return NONE
  const written = meta.annotations[reader.fullName(TYPE)]?.trim()
  if (hasClass || written === 'external' || written === 'nlb-ip') {
    return { kind: 'nlb', targetType: targetTypeOf(service, written, options, reader), isInTree: false }
  }
  if (!options.managesUnclassed) {
    const message =
      'Cannot make a load balancer: Services without loadBalancerClass are left to the cloud controller manager; ' +
      `write loadBalancerClass: ${NLB_CLASS}, or run with class-less Services managed`
    report('AWS_SERVICE_UNMANAGED', message, originOf(service, 'spec'))
    return NONE
  }
  // A value that nobody knows means what none at all means, with a finding: so it was always read.
  const type = valueOr(reader.text([service], TYPE), '')
  return type === 'nlb' ? { kind: 'nlb', targetType: 'instance', isInTree: true } : { kind: 'classic' }
}

function targetTypeOf(
  service: Service,
  type: string | undefined,
  options: AwsOptions,
  reader: AnnotationReader,
): 'instance' | 'ip' {
  const reading = reader.text([service], TARGET_TYPE)
  if (reading.kind === 'value') return reading.value === 'instance' ? 'instance' : 'ip'
  return type === 'nlb-ip' ? 'ip' : options.defaultTargetType
}
