/**
 * Features that an IAM policy may leave out. One that is denied is not asked for again for a while, its resources count as
 * unmanaged, and somebody is told once: a missing permission for an extra has never to stop a load balancer.
 */
import type { AwsError } from '../aws-api.ts'
import type { OptionalFeature } from '../sdk/actions.ts'

export interface OptionalFeatures {
  /** The refusal that still holds for this feature; `null` = ask AWS. */
  denialOf(feature: OptionalFeature): string | null
  /** @returns true the first time, when it is to be told */
  deny(feature: OptionalFeature, error: AwsError): boolean
  /** AWS let it pass. */
  allow(feature: OptionalFeature): void
}

/** A policy that was widened is noticed this much later at most. */
const ASKED_AGAIN_MS = 10 * 60_000

export function createOptionalFeatures(nowMs: () => number): OptionalFeatures {
  const denials = new Map<OptionalFeature, { readonly message: string; untilMs: number }>()
  return {
    denialOf(feature) {
      const denial = denials.get(feature)
      return denial === undefined || nowMs() >= denial.untilMs ? null : denial.message
    },
    deny(feature, error) {
      const isFirst = !denials.has(feature)
      denials.set(feature, { message: error.message, untilMs: nowMs() + ASKED_AGAIN_MS })
      return isFirst
    },
    allow(feature) {
      denials.delete(feature)
    },
  }
}
