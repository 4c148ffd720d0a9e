/**
 * Pod readiness gates: a pod that names `target-health.elbv2.k8s.aws/TARGET_GROUP` is ready only when the load balancer sends
 * it requests. Rollouts then wait for the load balancer instead of running ahead of it.
 */
import type { LaneEvents, TargetHealth } from '../../aws/deploy/targets/lane-events.ts'
import type { TargetPool } from '../../aws/deploy/targets/target-store.ts'
import { READINESS_GATE_PREFIX } from '../../aws/stack/readiness-gate.ts'
import type { Pod } from '../../kube/objects.ts'
import type { ApiTransport } from '../../sources/cluster/api-transport.ts'
import { objectPath, PODS } from '../../sources/cluster/resource.ts'
import type { WriteQueue } from '../cluster/write-queue.ts'

/** What is told of a pod whose target group does not exist. */
const GONE: Pick<TargetHealth, 'state' | 'description'> = {
  state: 'target-group-not-found',
  description: 'No target group of this name exists',
}

export interface ReadinessGateOptions {
  readonly transport: ApiTransport
  readonly queue: WriteQueue
  /** By `namespace/name`. */
  pod(key: string): Pod | undefined
  /** True when no target group of this name exists in AWS. */
  isGone(group: string): boolean
}

export class ReadinessGates {
  readonly #options: ReadinessGateOptions
  /** By pool, then pod: what the load balancer thinks of it. */
  readonly #health = new Map<string, ReadonlyMap<string, TargetHealth>>()

  constructor(options: ReadinessGateOptions) {
    this.#options = options
  }

  /** For {@link LaneEvents}. */
  readonly onHealth: NonNullable<LaneEvents['onHealth']> = (pool, health) => {
    const group = nameOf(pool)
    if (group === null) return
    const byPod = new Map<string, TargetHealth>()
    for (const one of health) if (one.pod !== undefined) byPod.set(one.pod, one)
    this.#health.set(group, byPod)
    for (const key of byPod.keys()) this.look(key)
  }

  /** The target group is gone: nobody waits for it any more. */
  forget(pool: TargetPool): void {
    const group = nameOf(pool)
    if (group === null) return
    const pods = this.#health.get(group)
    this.#health.delete(group)
    for (const key of pods?.keys() ?? []) this.look(key)
  }

  /** A pod came or changed. @param key `namespace/name` */
  look(key: string): void {
    const pod = this.#options.pod(key)
    for (const type of pod?.readinessGates ?? []) {
      if (!type.startsWith(READINESS_GATE_PREFIX)) continue
      const group = type.slice(READINESS_GATE_PREFIX.length)
      const known = this.#health.get(group)
      const health = known?.get(key)
      // Whose target group is not there waits for nothing: the gate must not keep a pod out for ever.
      const isGone = known === undefined && this.#options.isGone(group)
      const wanted = isGone || health?.state === 'healthy' ? 'True' : known === undefined ? null : 'False'
      if (wanted === null || pod?.conditions?.[type] === wanted) continue
      this.#write(key, type, wanted, isGone ? GONE : health)
    }
  }

  #write(
    key: string,
    type: string,
    status: 'True' | 'False',
    health: Pick<TargetHealth, 'state' | 'description'> | undefined,
  ): void {
    const [namespace = '', name = ''] = key.split('/')
    const { transport, queue } = this.#options
    queue.push(`readiness gate ${type} of Pod ${key}`, async (signal) => {
      const condition = {
        type,
        status,
        reason: reasonOf(health?.state ?? 'missing'),
        message: health?.description ?? '',
        lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      }
      await transport.json({
        method: 'PATCH',
        path: `${objectPath(PODS, namespace, name)}/status`,
        // Merges by type: the conditions of others stay.
        contentType: 'application/strategic-merge-patch+json',
        body: { status: { conditions: [condition] } },
        signal,
      })
    })
  }
}

/** Name of the target group in its ARN: `...:targetgroup/NAME/0123456789abcdef`. */
function nameOf(pool: TargetPool): string | null {
  return pool.kind === 'targetGroup' ? (pool.arn.split('/').at(-2) ?? null) : null
}

/** `unhealthy` → `Unhealthy`: reasons are CamelCase. */
function reasonOf(state: string): string {
  return state
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}
