/**
 * Tags of everything with our cluster's name, by ARN (Classic Load Balancers by name). One listing of the tag index says most;
 * DescribeTags says the rest: what the index does not know, or may not know yet.
 */
import { AwsError, type AwsApi } from '../aws-api.ts'
import { CLUSTER_TAG } from '../../stack/tag-keys.ts'
import { toTagRecord } from './tag-record.ts'
import type { ObserveCache } from './observe-cache.ts'
import { inChunks, mapLimited, readPages } from './pages.ts'

export type TagRecord = Readonly<Record<string, string>>

export interface TagSnapshot {
  /** Tags by ARN, of resources with our cluster's name. */
  readonly tags: ReadonlyMap<string, TagRecord>
  /** False when the index could not be asked. */
  readonly hasIndex: boolean
}

/** Reads at the same time. */
export const PARALLEL_READS = 8
/** ARNs per DescribeTags. */
const TAG_BATCH = 20

/** @throws {AwsError} for everything but a missing permission */
export async function readTagSnapshot(api: AwsApi, clusterName: string): Promise<TagSnapshot> {
  try {
    const rows = await readPages(
      api,
      'tagging:GetResources',
      {
        TagFilters: [{ Key: CLUSTER_TAG, Values: [clusterName] }],
        ResourceTypeFilters: ['elasticloadbalancing', 'acm:certificate'],
        ResourcesPerPage: 100,
      },
      (output) => output.ResourceTagMappingList,
    )
    return { hasIndex: true, tags: new Map(rows.map((row) => [row.ResourceARN ?? '', toTagRecord(row.Tags)])) }
  } catch (error) {
    if (!isDenied(error)) throw error
    return { hasIndex: false, tags: new Map() }
  }
}

/** Tags of each of these, read from elbv2 itself or kept from an earlier pass. What is gone meanwhile is left out. */
export async function describeTags(
  api: AwsApi,
  cache: ObserveCache,
  arns: readonly string[],
): Promise<ReadonlyMap<string, TagRecord>> {
  const found = new Map<string, TagRecord>()
  const unknown: string[] = []
  for (const arn of arns) {
    const known = cache.peek('tags', arn) as TagRecord | undefined
    if (known === undefined) unknown.push(arn)
    else found.set(arn, known)
  }
  const read = async (batch: readonly string[]): Promise<void> => {
    try {
      const { TagDescriptions: rows = [] } = await api.call('elbv2:DescribeTags', { ResourceArns: [...batch] })
      for (const { ResourceArn: arn = '', Tags: tags } of rows) {
        found.set(arn, toTagRecord(tags))
        cache.put('tags', arn, toTagRecord(tags))
      }
    } catch (error) {
      if (!(error instanceof AwsError) || !error.code.endsWith('NotFound')) throw error
      // One that is gone spoils the batch.
      if (batch.length > 1) for (const arn of batch) await read([arn])
    }
  }
  await mapLimited(inChunks(unknown, TAG_BATCH), PARALLEL_READS, read)
  return found
}

/** True for a refusal by IAM. */
export function isDenied(error: unknown): boolean {
  return (
    error instanceof AwsError &&
    /^(?:AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized)/.test(error.code)
  )
}
