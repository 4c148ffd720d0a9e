/** What exists in an account, read once, for a plan that shows the difference. */
import { createBudgets, DEFAULT_RATES } from '../../aws/deploy/execute/budget.ts'
import { createGuardedApi } from '../../aws/deploy/execute/guarded-api.ts'
import { SYSTEM_PORTS } from '../../aws/deploy/execute/ports.ts'
import { createInventoryReader } from '../../aws/deploy/inventory/observe-inventory.ts'
import type { Observed } from '../../aws/deploy/observed.ts'
import { observe } from '../../aws/deploy/observe/observe.ts'
import { openAws } from '../../aws/deploy/sdk/open-aws.ts'
import type { Inventory } from '../../aws/stack/inventory.ts'
import { buildAws } from '../../dialects/aws/build-aws.ts'
import type { AwsOptions } from '../../dialects/aws/options.ts'
import { instanceIdOf } from '../../dialects/aws/targets/nodes.ts'
import type { Snapshot } from '../../kube/snapshot.ts'

export interface ReadAccountOptions {
  readonly snapshot: Snapshot
  readonly options: Omit<AwsOptions, 'inventory' | 'nowMs'>
  readonly region: string
  readonly endpoint: string
  /** Empty = that of the first node. */
  readonly vpcId: string
  readonly clusterUid: string
  readonly problem: (message: string) => void
}

/** @throws {AwsError} when it cannot be read */
export async function readAccount(
  options: ReadAccountOptions,
): Promise<{ readonly inventory: Inventory; readonly observed: Observed }> {
  const { region, endpoint, clusterUid, snapshot, problem } = options
  const { clusterName } = options.options
  const aws = await openAws({ region, ...(endpoint === '' ? {} : { endpoint }) })
  try {
    const api = createGuardedApi(aws, { budgets: createBudgets(DEFAULT_RATES, SYSTEM_PORTS), ports: SYSTEM_PORTS })
    const { inventory, problems } = await createInventoryReader({
      api,
      region,
      vpcId: options.vpcId,
      clusterName,
      nodes: () =>
        snapshot.nodes.flatMap(({ meta, providerId }) => {
          const instanceId = instanceIdOf(providerId)
          return instanceId === null ? [] : [{ name: meta.name, instanceId }]
        }),
    }).read()
    for (const message of problems) problem(message)
    const desired = buildAws(snapshot, { ...options.options, inventory, nowMs: Date.now() }).stacks
    return { inventory, observed: await observe(api, { clusterName, clusterUid, vpcId: inventory.vpcId, desired }) }
  } finally {
    aws.close()
  }
}
