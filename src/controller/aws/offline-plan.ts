/** A plan for AWS from objects alone, or compared with an account: what `genkan plan` prints. */
import { EMPTY_INVENTORY, type Inventory } from '../../aws/stack/inventory.ts'
import type { Observed } from '../../aws/deploy/observed.ts'
import { planOperations } from '../../aws/deploy/plan/plan-operations.ts'
import type { PlanParts } from '../../aws/report/plan-document.ts'
import { type Finding, hasSeverity } from '../../base/finding.ts'
import { buildAws } from '../../dialects/aws/build-aws.ts'
import type { AwsOptions } from '../../dialects/aws/options.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { targetsNow } from './aws-view.ts'
import { readInventory } from './read-inventory.ts'

export interface OfflinePlanOptions {
  readonly snapshot: Snapshot
  readonly options: Omit<AwsOptions, 'inventory' | 'nowMs'>
  /** Empty = that of the inventory, else the usual one. */
  readonly region: string
  readonly usualRegion: string
  /** Ownership tag of what exists; needed to compare with an account. */
  readonly clusterUid: string
  /** What has the cluster's name and lacks its ownership tag is taken over. */
  readonly adopts: boolean
  /** Another address for all AWS services; empty = AWS. */
  readonly endpoint: string
  /** Empty = that of the first node. */
  readonly vpcId: string
  readonly inventoryFile?: string
  readonly comparesWithAccount: boolean
  /** Trouble that leaves something unknown, for people. */
  readonly problem: (message: string) => void
}

const NOTHING: Observed = { stacks: new Map(), foreign: [], dnsNames: new Map() }

/** @throws {InventoryError} when the file cannot be read @throws {AwsError} when the account cannot be read */
export async function planForAws(options: OfflinePlanOptions): Promise<Omit<PlanParts, 'clusterName'>> {
  const { snapshot } = options
  const { inventory, findings: ofFile, observed } = await lookAround(options)
  const nowMs = Date.now()
  const translation = buildAws(snapshot, { ...options.options, inventory, nowMs })
  const plan = planOperations(translation.stacks, observed, {
    clusterName: options.options.clusterName,
    clusterUid: options.clusterUid,
    adopts: options.adopts,
    keeps: new Set(translation.unbuilt),
    ...(inventory.vpcId === '' ? {} : { vpcId: inventory.vpcId }),
    externalManagedTags: options.options.externalManagedTags,
  })
  const found: Finding[] = []
  const targetsOf = new Map(
    translation.stacks.flatMap((stack) =>
      stack.targetGroups.map((group) => {
        const { resolved, findings } = targetsNow(group, snapshot, inventory)
        found.push(...findings)
        return [`${stack.id}#${group.id}`, resolved] as const
      }),
    ),
  )
  return {
    inventory,
    stacks: translation.stacks,
    plan,
    isDifference: options.comparesWithAccount,
    isComplete: translation.unbuilt.length === 0 && !hasSeverity(translation.findings, 'error'),
    findings: [...ofFile, ...translation.findings, ...found],
    targetsOf: (stack, group) =>
      targetsOf.get(`${stack.id}#${group.id}`) ?? { targets: [], pods: {}, isFailOpen: false },
  }
}

async function lookAround(
  options: OfflinePlanOptions,
): Promise<{ readonly inventory: Inventory; readonly findings: readonly Finding[]; readonly observed: Observed }> {
  const { inventoryFile } = options
  if (inventoryFile !== undefined) {
    const { inventory, findings } = await readInventory(inventoryFile)
    const region = options.region || inventory.region || options.usualRegion
    return { inventory: { ...inventory, region }, findings, observed: NOTHING }
  }
  const region = options.region || options.usualRegion
  if (!options.comparesWithAccount)
    return { inventory: { ...EMPTY_INVENTORY, region }, findings: [], observed: NOTHING }
  const { readAccount } = await import('./read-account.ts')
  return { findings: [], ...(await readAccount({ ...options, region })) }
}
