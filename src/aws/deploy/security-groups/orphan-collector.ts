/**
 * Deletes security groups that AWS still calls in use: network interfaces of a deleted load balancer go minutes after it. They
 * hold nobody meanwhile. A group is marked by a tag, so that another replica goes on, and is deleted only while it still has
 * the mark and both tags of this cluster.
 */
import { CLUSTER_TAG, CLUSTER_UID_TAG, ORPHAN_TAG } from '../../stack/tag-keys.ts'
import { type AwsApi, AwsError } from '../aws-api.ts'
import type { Ports } from '../execute/ports.ts'
import { kindOfError } from '../execute/retry-policy.ts'
import type { OrphanSink } from '../execute/run-operation.ts'

export interface Orphan {
  readonly groupId: string
  /** For people: whose it was, such as `ingress:shop/web`. */
  readonly stack: string
}

export interface OrphanEvents {
  readonly onCollected?: (orphan: Orphan) => void
  /**
   * It has been in use for ten minutes, and again every hour.
   *
   * @param holders what holds it, for people; empty = AWS does not say
   */
  readonly onStuck?: (orphan: Orphan, holders: readonly string[]) => void
}

export interface OrphanCollector extends OrphanSink {
  /** Goes on with groups that an earlier process marked. */
  adopt(orphans: readonly Orphan[]): void
  /** How many wait. */
  readonly size: number
  close(): Promise<void>
}

export interface OrphanCollectorOptions {
  /** With budgets and retries. */
  readonly api: AwsApi
  readonly ports: Ports
  readonly clusterName: string
  readonly clusterUid: string
  readonly events: OrphanEvents
  /** Seconds since 1970, for the tag. */
  readonly nowSeconds: () => number
}

const PAUSE_MS = { first: 5_000, longest: 300_000 } as const
/** For so long it is nobody's business. */
const PATIENCE_MS = 10 * 60_000
const TOLD_AGAIN_MS = 60 * 60_000
/** Names of holders in one message. */
const MOST_HOLDERS = 10

export function createOrphanCollector(options: OrphanCollectorOptions): OrphanCollector {
  const { api, ports, events } = options
  const closed = new AbortController()
  const waiting = new Map<string, { readonly stop: AbortController; readonly finished: Promise<void> }>()

  const start = (orphan: Orphan): void => {
    if (closed.signal.aborted || waiting.has(orphan.groupId)) return
    const stop = new AbortController()
    const finished = collect(orphan, stop.signal).finally(() => waiting.delete(orphan.groupId))
    waiting.set(orphan.groupId, { stop, finished })
  }

  const collect = async (orphan: Orphan, signal: AbortSignal): Promise<void> => {
    const startedMs = ports.nowMs()
    let toldMs = startedMs + PATIENCE_MS - TOLD_AGAIN_MS
    for (let pauseMs: number = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.longest, pauseMs * 2)) {
      await ports.wait(pauseMs * (0.75 + ports.random() * 0.5), signal)
      if (signal.aborted) return
      try {
        if (!(await isOrphaned(orphan.groupId))) return
        await api.call('ec2:DeleteSecurityGroup', { GroupId: orphan.groupId })
        events.onCollected?.(orphan)
        return
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        if (kindOfError(error) === 'absent') return
        const isDue = ports.nowMs() - toldMs >= TOLD_AGAIN_MS
        if (!isDue || signal.aborted) continue
        toldMs = ports.nowMs()
        events.onStuck?.(
          orphan,
          error.code === 'DependencyViolation' ? await findHolders(orphan.groupId) : [error.message],
        )
      }
    }
  }

  /** False when it is gone, wanted again, or not ours. */
  const isOrphaned = async (groupId: string): Promise<boolean> => {
    const { SecurityGroups: [group] = [] } = await api.call('ec2:DescribeSecurityGroups', { GroupIds: [groupId] })
    const tags = new Map((group?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
    const isOurs = tags.get(CLUSTER_TAG) === options.clusterName && tags.get(CLUSTER_UID_TAG) === options.clusterUid
    return isOurs && tags.has(ORPHAN_TAG)
  }

  const findHolders = async (groupId: string): Promise<readonly string[]> => {
    try {
      return await readHolders(api, groupId)
    } catch (error) {
      if (error instanceof AwsError) return []
      throw error
    }
  }

  return {
    get size() {
      return waiting.size
    },
    has: (groupId) => waiting.has(groupId),
    async add(groupId, operation) {
      const tag = { Key: ORPHAN_TAG, Value: String(options.nowSeconds()) }
      await api.call('ec2:CreateTags', { Resources: [groupId], Tags: [tag] })
      start({ groupId, stack: operation.stack })
    },
    async release(groupId) {
      const one = waiting.get(groupId)
      if (one === undefined) return
      one.stop.abort()
      await one.finished
      await api.call('ec2:DeleteTags', { Resources: [groupId], Tags: [{ Key: ORPHAN_TAG }] })
    },
    adopt(orphans) {
      for (const orphan of orphans) start(orphan)
    },
    async close() {
      closed.abort()
      const all = [...waiting.values()]
      for (const { stop } of all) stop.abort()
      await Promise.all(all.map(({ finished }) => finished))
    },
  }
}

/** Network interfaces that have the group, and groups whose rules name it. */
async function readHolders(api: AwsApi, groupId: string): Promise<readonly string[]> {
  const { NetworkInterfaces: interfaces = [] } = await api.call('ec2:DescribeNetworkInterfaces', {
    Filters: [{ Name: 'group-id', Values: [groupId] }],
  })
  const { SecurityGroups: groups = [] } = await api.call('ec2:DescribeSecurityGroups', {
    Filters: [{ Name: 'ip-permission.group-id', Values: [groupId] }],
  })
  const holders = [
    ...interfaces.map((one) => {
      const what = one.Description === undefined || one.Description === '' ? '' : ` (${one.Description})`
      return `network interface ${one.NetworkInterfaceId ?? ''}${what}`
    }),
    ...groups
      .filter((group) => group.GroupId !== groupId)
      .map((group) => `a rule of security group ${group.GroupId ?? ''} (${group.GroupName ?? ''})`),
  ]
  if (holders.length <= MOST_HOLDERS) return holders
  return [...holders.slice(0, MOST_HOLDERS), `${holders.length - MOST_HOLDERS} more`]
}
