/** What the parts of one Service's load balancer share. */
import type { FindingCode } from '../../../base/finding-codes.ts'
import type { Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Service } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import type { Report } from '../../report.ts'
import type { AnnotationReader, Reading } from '../annotation-reader.ts'
import type { AwsOptions } from '../options.ts'

export interface ServiceContext {
  readonly service: Service
  readonly snapshot: Snapshot
  readonly options: AwsOptions
  /** Of `service.beta.kubernetes.io/`. */
  readonly reader: AnnotationReader
  readonly report: Report
  /** Names of load balancers that are taken, and by whom (`Kind namespace/name`). */
  readonly takenNames: Map<string, string>
  /**
   * Reports that the load balancer cannot be built as it is written. What exists of it stays as it is: half of a
   * setting would replace or open what works.
   */
  readonly refuse: (message: string, origin: Origin, code?: FindingCode) => void
  readonly isRefused: () => boolean
}

/** Prefix of all but a few names. */
export const LB = 'aws-load-balancer-'

export function createContext(
  shared: Pick<ServiceContext, 'snapshot' | 'options' | 'reader' | 'report' | 'takenNames'>,
  service: Service,
): ServiceContext {
  let isRefused = false
  return {
    ...shared,
    service,
    refuse(message, origin, code = 'AWS_SERVICE_REFUSED') {
      isRefused = true
      shared.report(code, `${message}; until then the load balancer is left as it is`, origin, 'error')
    },
    isRefused: () => isRefused,
  }
}

/** Origin of an annotation, by its name after `aws-load-balancer-`. */
export function annotationOrigin({ service, reader }: ServiceContext, name: string): Origin {
  return originOf(service, 'metadata', 'annotations', reader.fullName(LB + name))
}

export function originOfPort({ service }: ServiceContext, index: number, ...path: readonly string[]): Origin {
  return originOf(service, 'spec', 'ports', index, ...path)
}

/** Says that a setting does nothing without another one. */
export function reportLonely({ report }: ServiceContext, reading: Reading<unknown>, needed: string): void {
  if (reading.kind === 'absent') return
  report(
    'ANNOTATION_LONELY',
    `Cannot use annotation ${reading.name}: it says nothing without ${needed}`,
    reading.origin,
  )
}

/** Says that a value is of the right form and cannot be used all the same. */
export function reportValue(
  { report }: ServiceContext,
  reading: { readonly name: string; readonly origin: Origin },
  problem: string,
  severity?: 'error' | 'warning' | 'info',
): void {
  report('ANNOTATION_VALUE', `Cannot use annotation ${reading.name}: ${problem}`, reading.origin, severity)
}
