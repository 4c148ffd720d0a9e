/** What the parts of an observation share. */
import type { AwsApi } from '../aws-api.ts'
import type { AwsStack } from '../../stack/model.ts'
import { identityOf, type ClusterIdentity } from './identity.ts'
import type { ObserveCache } from './observe-cache.ts'
import type { TagRecord, TagSnapshot } from './tag-snapshot.ts'
import type { Wishes } from './wishes.ts'

export interface ObserveScope extends ClusterIdentity {
  readonly vpcId: string
  /** Tells which names, attributes and optional features are worth a call. */
  readonly desired: readonly AwsStack[]
}

export interface Observation {
  readonly api: AwsApi
  readonly cache: ObserveCache
  readonly scope: ObserveScope
  readonly wishes: Wishes
  readonly snapshot: TagSnapshot
  /** Tags of elbv2 resources: from the index where it knows them, else from DescribeTags. */
  tagsOf(arns: readonly string[]): Promise<ReadonlyMap<string, TagRecord>>
}

/** AWS's list of pairs as a record. */
export function toRecord(
  attributes: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries((attributes ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
}

/**
 * Tags of those that may be ours: what the index knows, what has a name that we want, and what `mayBeOurs`, since the index
 * does not know yet what was made a moment ago, and it may have to go again. Strangers' tags are kept from pass to pass.
 */
export async function tagsOfCandidates(
  observation: Observation,
  rows: readonly { readonly arn: string; readonly name: string }[],
  wanted: ReadonlyMap<string, unknown>,
  mayBeOurs: (name: string) => boolean,
): Promise<ReadonlyMap<string, TagRecord>> {
  const { snapshot, scope } = observation
  const candidates = rows.filter(
    ({ arn, name }) => !snapshot.hasIndex || snapshot.tags.has(arn) || wanted.has(name) || mayBeOurs(name),
  )
  const tags = await observation.tagsOf(candidates.map(({ arn }) => arn))
  // Somebody else's name among ours is of interest too: what we would create is refused.
  return new Map([...tags].filter(([arn, one]) => identityOf(scope, one) !== null || isWanted(arn)))

  function isWanted(arn: string): boolean {
    return candidates.some((row) => row.arn === arn && wanted.has(row.name))
  }
}
