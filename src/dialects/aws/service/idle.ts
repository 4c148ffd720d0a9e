/** Annotations that the kind of load balancer at hand does not read. */
import { AWS_SERVICE } from '../../annotations/aws-service.ts'
import { originOfKey } from '../../../kube/meta.ts'
import { LB, type ServiceContext } from './service-context.ts'

const ON_CLASSIC: readonly string[] = [
  'type',
  'internal',
  'proxy-protocol',
  'ssl-cert',
  'ssl-ports',
  'ssl-negotiation-policy',
  'backend-protocol',
  'subnets',
  'security-groups',
  'extra-security-groups',
  'additional-resource-tags',
  'healthcheck-protocol',
  'healthcheck-port',
  'healthcheck-path',
  'healthcheck-interval',
  'healthcheck-timeout',
  'healthcheck-healthy-threshold',
  'healthcheck-unhealthy-threshold',
  'target-node-labels',
  'cross-zone-load-balancing-enabled',
  'connection-idle-timeout',
  'connection-draining-enabled',
  'connection-draining-timeout',
  'access-log-enabled',
  'access-log-emit-interval',
  'access-log-s3-bucket-name',
  'access-log-s3-bucket-prefix',
]

const CLASSIC_ONLY: readonly string[] = [
  'connection-idle-timeout',
  'connection-draining-enabled',
  'connection-draining-timeout',
  'extra-security-groups',
  'access-log-emit-interval',
]

/** An NLB of type `nlb` has the names of the in-tree controller, and no security group. */
const NOT_IN_TREE: readonly string[] = [
  'nlb-target-type',
  'scheme',
  'name',
  'security-groups',
  'manage-backend-security-group-rules',
  'security-group-prefix-lists',
  'inbound-sg-rules-on-private-link-traffic',
  'enable-icmp-for-path-mtu-discovery',
  'disable-nlb-sg',
]

/** What people rely on most: without it the load balancer is not what they think. */
const MISLEADING: readonly string[] = ['scheme', 'nlb-target-type', 'security-groups', 'security-group-prefix-lists']

/** Raises AWS_SETTING_IDLE, as a warning where the load balancer is more open or another one than it looks. */
export function reportIdle(context: ServiceContext, kind: 'classic' | 'nlb' | 'nlb in-tree'): void {
  const { service, report } = context
  const prefix = AWS_SERVICE.prefix + LB
  for (const key of Object.keys(service.meta.annotations).sort()) {
    if (!key.startsWith(prefix)) continue
    const name = key.slice(prefix.length)
    const reason = reasonOf(kind, name)
    if (reason === null || !isKnown(name)) continue
    const message = `Cannot use annotation ${key}: ${reason}`
    const severity = MISLEADING.includes(name) ? 'warning' : undefined
    report('AWS_SETTING_IDLE', message, originOfKey(service, 'metadata', 'annotations', key), severity)
  }
}

function reasonOf(kind: 'classic' | 'nlb' | 'nlb in-tree', name: string): string | null {
  if (kind === 'classic') {
    return ON_CLASSIC.includes(name)
      ? null
      : `a Classic Load Balancer does not have it; write ${LB}type: external for an NLB`
  }
  if (CLASSIC_ONLY.includes(name)) return 'only a Classic Load Balancer has it; remove it'
  if (kind === 'nlb' || !NOT_IN_TREE.includes(name)) return null
  return `it is not read with ${LB}type: nlb; write ${LB}type: external`
}

/** Names that nobody knows have a finding of their own. */
function isKnown(name: string): boolean {
  const full = LB + name
  return AWS_SERVICE.rows.some((row) =>
    row.name.endsWith('.*') ? full.startsWith(row.name.slice(0, -1)) : row.name === full,
  )
}
