/** Where targets are registered: a target group, or a Classic Load Balancer's instances. Words are those of elbv2. */
import type { TargetDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Target } from '../../stack/target.ts'
import type { AwsApi } from '../aws-api.ts'

export type TargetPool =
  | {
      readonly kind: 'targetGroup'
      readonly arn: string
      /** Others register targets too: only those that we registered are ever taken out. */
      readonly isMultiCluster: boolean
    }
  | { readonly kind: 'classic'; readonly name: string }

/** Unique over all pools: the ARN, or `classic/NAME`. */
export function poolKey(pool: TargetPool): string {
  return pool.kind === 'targetGroup' ? pool.arn : `classic/${pool.name}`
}

export interface StoredTarget {
  readonly target: Target
  /** TargetHealthStateEnum; `unknown` for a Classic Load Balancer. */
  readonly state: string
  /** For people, such as `Health checks failed with these codes: [502]`. Empty = nothing to say. */
  readonly description: string
}

export interface TargetStore {
  read(): Promise<readonly StoredTarget[]>
  /** @param targets at most {@link BATCH} */
  register(targets: readonly Target[]): Promise<void>
  /** @param targets at most {@link BATCH} */
  deregister(targets: readonly Target[]): Promise<void>
}

/** AWS takes no more in one call. */
export const BATCH = 200

/** `id:port`; AWS knows a target by both. */
export function targetKey(target: Target): string {
  return `${target.id}:${target.port}`
}

export function openStore(pool: TargetPool, api: AwsApi): TargetStore {
  return pool.kind === 'targetGroup' ? targetGroupStore(pool.arn, api) : classicStore(pool.name, api)
}

function targetGroupStore(arn: string, api: AwsApi): TargetStore {
  const describe = (target: Target): TargetDescription => ({
    Id: target.id,
    Port: target.port,
    ...(target.availabilityZone === undefined ? {} : { AvailabilityZone: target.availabilityZone }),
  })
  return {
    async read() {
      const { TargetHealthDescriptions: all = [] } = await api.call('elbv2:DescribeTargetHealth', {
        TargetGroupArn: arn,
      })
      return all.map(({ Target: target, TargetHealth: health }) => ({
        target: {
          id: target?.Id ?? '',
          port: target?.Port ?? 0,
          ...(target?.AvailabilityZone === undefined ? {} : { availabilityZone: target.AvailabilityZone }),
        },
        state: health?.State ?? 'unknown',
        description: health?.Description ?? health?.Reason ?? '',
      }))
    },
    async register(targets) {
      await api.call('elbv2:RegisterTargets', { TargetGroupArn: arn, Targets: targets.map(describe) })
    },
    async deregister(targets) {
      await api.call('elbv2:DeregisterTargets', { TargetGroupArn: arn, Targets: targets.map(describe) })
    },
  }
}

/** Instances alone: their ports are those of the listeners. */
function classicStore(name: string, api: AwsApi): TargetStore {
  const instances = (targets: readonly Target[]): { InstanceId: string }[] =>
    [...new Set(targets.map(({ id }) => id))].map((InstanceId) => ({ InstanceId }))
  return {
    async read() {
      const { LoadBalancerDescriptions: all = [] } = await api.call('elb:DescribeLoadBalancers', {
        LoadBalancerNames: [name],
      })
      return (all[0]?.Instances ?? []).map((instance) => ({
        target: { id: instance.InstanceId ?? '', port: 0 },
        state: 'unknown',
        description: '',
      }))
    },
    async register(targets) {
      await api.call('elb:RegisterInstancesWithLoadBalancer', { LoadBalancerName: name, Instances: instances(targets) })
    },
    async deregister(targets) {
      await api.call('elb:DeregisterInstancesFromLoadBalancer', {
        LoadBalancerName: name,
        Instances: instances(targets),
      })
    },
  }
}
