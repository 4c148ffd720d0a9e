/** What every part of building a group's stack needs. */
import type { Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import type { IngressClassParams } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import type { Report } from '../../report.ts'
import { type AnnotationReader, fieldReading, firstReading, type Reading } from '../annotation-reader.ts'
import type { AwsOptions } from '../options.ts'
import type { LoadedGroup, LoadedMember } from './load-groups.ts'

export interface GroupContext {
  readonly group: LoadedGroup
  readonly snapshot: Snapshot
  readonly options: AwsOptions
  readonly report: Report
  readonly reader: AnnotationReader
  readonly refusals: Refusals
  readonly unread: UnreadParts
}

/** Parts of the account that cannot be read just now: a group that needs one is left as it is. */
export interface UnreadParts {
  /** True when the part is unread, which holds the group back, with a finding where it is needed. */
  needs(part: UnreadPart, origin: Origin): boolean
  hold(): void
  isHeld(): boolean
}

export type UnreadPart =
  | 'subnets'
  | 'route tables'
  | 'security groups'
  | 'certificates'
  | 'trust stores'
  | 'web ACLs'
  | 'account limits'

export function createUnreadParts(unread: readonly string[], report: Report): UnreadParts {
  let isHeld = false
  return {
    needs(part, origin) {
      if (!unread.includes(part)) return false
      isHeld = true
      const message = `Cannot look up ${part} for this just now: AWS did not answer; the load balancer is left as it is until it does`
      report('AWS_UNREAD', message, origin)
      return true
    },
    hold() {
      isHeld = true
    },
    isHeld: () => isHeld,
  }
}

/** Members whose routes must not be served, because what protects them cannot be had. */
export interface Refusals {
  /** @param reason `<state>; <what would be accepted>` */
  refuse(member: LoadedMember, reason: string, origin: Origin): void
  /** First reason; `null` for a member that is served. */
  reasonOf(member: LoadedMember): string | null
}

export function createRefusals(report: Report): Refusals {
  const reasons = new Map<string, string>()
  return {
    refuse(member, reason, origin) {
      report('ANNOTATION_PROTECTS', `Cannot serve ${member.name}, so that its routes answer 503: ${reason}`, origin)
      if (!reasons.has(member.name)) reasons.set(member.name, reason)
    },
    reasonOf: (member) => reasons.get(member.name) ?? null,
  }
}

/**
 * What protects a member is named and not found, perhaps because it is a moment old. A load balancer of its own is left as it is;
 * in a group that others share its routes answer 503.
 */
export function refuseUnfound(context: GroupContext, member: LoadedMember, reason: string, origin: Origin): void {
  if (context.group.members.length === 1) context.unread.hold()
  else context.refusals.refuse(member, reason, origin)
}

type ParamsSpec = IngressClassParams['spec']

/** A field of the member's class parameters, which wins, else the annotation. */
export function withParams<K extends keyof ParamsSpec, T>(
  member: LoadedMember,
  field: K,
  path: readonly string[],
  annotation: Reading<T>,
  convert: (value: NonNullable<ParamsSpec[K]>) => T,
): Reading<T> {
  const { params } = member
  const value = params?.spec[field]
  if (params === null || value === undefined || value === null) return annotation
  return firstReading(fieldReading(params, convert(value as NonNullable<ParamsSpec[K]>), 'spec', ...path), annotation)
}

/** One of a few words: what class parameters have besides is a finding, and the annotation counts. */
export function wordWithParams<W extends string>(
  context: GroupContext,
  member: LoadedMember,
  field: 'scheme' | 'ipAddressType' | 'targetType',
  annotation: string,
  words: readonly W[],
): Reading<W> {
  const { params, ingress } = member
  const written = params?.spec[field]
  if (params !== null && written !== undefined) {
    const word = words.find((one) => one === written)
    if (word !== undefined) return fieldReading(params, word, 'spec', field)
    const message = `Cannot use spec.${field} of IngressClassParams ${params.meta.name}: "${written.slice(0, 60)}" is not known; write ${words.join(', ')}`
    context.report('AWS_CLASS_PARAMS', message, originOf(params, 'spec', field))
  }
  // The row of the annotation accepts the same words.
  return context.reader.text([ingress], annotation) as Reading<W>
}
