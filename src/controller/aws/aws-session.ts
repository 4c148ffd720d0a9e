/** Everything about AWS that lives as long as one leadership: clients, budgets, caches, the fast lane. */
import { readVpcOfThisInstance } from '../../aws/deploy/inventory/instance-metadata.ts'
import { createBudgets, DEFAULT_RATES } from '../../aws/deploy/execute/budget.ts'
import { createGuardedApi } from '../../aws/deploy/execute/guarded-api.ts'
import { createOptionalFeatures } from '../../aws/deploy/execute/optional-features.ts'
import { SYSTEM_PORTS } from '../../aws/deploy/execute/ports.ts'
import { createInventoryReader, type InventoryReader } from '../../aws/deploy/inventory/observe-inventory.ts'
import type { NodeIdentity } from '../../aws/deploy/inventory/read-nodes.ts'
import { createObserveCache, noteWrites } from '../../aws/deploy/observe/observe-cache.ts'
import { observe } from '../../aws/deploy/observe/observe.ts'
import { type OpenedAws, openAws } from '../../aws/deploy/sdk/open-aws.ts'
import { createNodeAccessKeeper, type NodeAccessKeeper } from '../../aws/deploy/security-groups/node-access-keeper.ts'
import { createOrphanCollector, type OrphanCollector } from '../../aws/deploy/security-groups/orphan-collector.ts'
import { createTargetLane, type TargetLane } from '../../aws/deploy/targets/target-lane.ts'
import type { AwsStack } from '../../aws/stack/model.ts'
import { instanceIdOf } from '../../dialects/aws/targets/nodes.ts'
import type { KindsSource } from '../../sources/cluster/kinds-source.ts'
import type { AwsLeadParts } from './aws-lead.ts'
import { AwsReconciler } from './aws-reconciler.ts'
import { AwsTargets } from './aws-targets.ts'
import { createOwnTargets } from './own-targets.ts'
import { createSecretReader } from './read-secrets.ts'

export interface AwsSession {
  readonly lane: TargetLane
  readonly targets: AwsTargets
  readonly inventory: InventoryReader
  readonly reconciler: AwsReconciler
  readonly access: NodeAccessKeeper
  /** Waits for calls under way. */
  close(): Promise<void>
}

/**
 * @param desired stacks of the pass that is about to run
 * @throws {AwsError} when AWS cannot be reached @throws {Error} when the VPC cannot be told; nothing stays open then
 */
export async function openSession(parts: AwsLeadParts, desired: () => readonly AwsStack[]): Promise<AwsSession> {
  const { options, rates = options.rates ?? DEFAULT_RATES } = parts
  const open = parts.open ?? openAws
  const aws = await open({ region: options.region, ...(options.endpoint === '' ? {} : { endpoint: options.endpoint }) })
  try {
    return await startSession(parts, aws, rates, desired)
  } catch (error) {
    aws.close()
    throw error
  }
}

async function startSession(
  parts: AwsLeadParts,
  aws: OpenedAws,
  rates: typeof DEFAULT_RATES,
  desired: () => readonly AwsStack[],
): Promise<AwsSession> {
  const { options, state, source, gates, members, queue, events, log, transport, problem } = parts
  const ports = SYSTEM_PORTS
  const onCall = state.recordCall.bind(state)
  const api = createGuardedApi(aws, { budgets: createBudgets(rates, ports), ports, onCall })
  const { clusterName, externalManagedTags } = options.aws
  // Of the namespace that no cluster is without: two clusters of one name are told apart by it.
  const clusterUid = source.find('Namespace', '', 'kube-system')?.meta.uid ?? ''
  if (clusterUid === '') {
    throw new Error(
      'Cannot tell whose resources are ours: namespace kube-system cannot be read; allow get of namespaces',
    )
  }
  const { metadataEndpoint = '' } = options
  const inventory = createInventoryReader({
    api,
    region: options.region,
    vpcId: options.vpcId,
    clusterName,
    nodes: () => nodesOf(source),
    ...(metadataEndpoint === '' ? {} : { vpcHere: () => readVpcOfThisInstance(metadataEndpoint) }),
  })
  const { vpcId } = (await inventory.read()).inventory
  const orphans: OrphanCollector = createOrphanCollector({
    api,
    ports,
    clusterName,
    clusterUid,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    events: {
      onStuck: ({ groupId, stack }, holders) =>
        problem(`The security group ${groupId} of ${stack} is still in use: ${holders.join(', ')}`),
    },
  })
  const cache = createObserveCache()
  const lane: TargetLane = createTargetLane({
    api: aws,
    own: createOwnTargets(transport, options.podNamespace),
    rates,
    onCall,
    events: {
      onHealth: gates.onHealth,
      onProblem: ({ pool, code, message }) => {
        problem(`Cannot change targets of ${pool.kind === 'classic' ? pool.name : pool.arn}: ${code}: ${message}`)
        events.failed(
          targets.ownersOf(pool),
          'FailedRegisterTargets',
          `Failed register targets due to ${code}: ${message}`,
        )
      },
    },
  })
  const targets = new AwsTargets(lane, (pool) => gates.forget(pool))
  const reconciler = new AwsReconciler({
    api: noteWrites(api, cache),
    transport,
    members,
    queue,
    events,
    log,
    plan: {
      clusterName,
      clusterUid,
      adopts: options.adopts,
      maxDeleteShare: options.maxDeleteShare,
      confirmedDeletes: options.confirmsDeletes,
      vpcId,
      externalManagedTags,
      // Emulators look at each rule alone.
      swapsPriorities: options.endpoint === '',
    },
    execution: {
      readSecret: createSecretReader((key) => {
        const [namespace = '', name = ''] = key.split('/')
        const found = source.find('Secret', namespace, name)
        return found?.kind === 'Secret' ? found : undefined
      }),
      optional: createOptionalFeatures(ports.nowMs),
      orphans,
    },
    observe: () => observe(api, { clusterName, clusterUid, vpcId, desired: desired() }, cache),
  })
  return {
    lane,
    targets,
    inventory,
    reconciler,
    access: createNodeAccessKeeper({ api, ports, vpcId, clusterName }),
    async close() {
      await lane.close()
      await orphans.close()
      aws.close()
    },
  }
}

function nodesOf(source: KindsSource): readonly NodeIdentity[] {
  return source.objects.flatMap((object) => {
    const instanceId = object.kind === 'Node' ? instanceIdOf(object.providerId) : null
    return instanceId === null ? [] : [{ name: object.meta.name, instanceId }]
  })
}
