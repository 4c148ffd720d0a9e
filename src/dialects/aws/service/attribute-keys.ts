/**
 * Attributes of an NLB's parts. AWS refuses all of a call's attributes for one that it does not know, so those that certainly
 * do not belong are left out; new ones come every year, so what nobody here knows is passed on. Source: elbv2 API reference,
 * LoadBalancerAttribute, TargetGroupAttribute, ListenerAttribute.
 */
import type { Listener } from '../../../aws/stack/model.ts'
import type { Reading } from '../annotation-reader.ts'
import { reportValue, type ServiceContext } from './service-context.ts'

type Part = 'load balancer' | 'target group' | 'listener'

const KEYS: Readonly<Record<Part | 'ALB', readonly (string | RegExp)[]>> = {
  'load balancer': [
    /^access_logs\.s3\./,
    'deletion_protection.enabled',
    'load_balancing.cross_zone.enabled',
    'ipv6.deny_all_igw_traffic',
    'dns_record.client_routing_policy',
    'secondary_ips.auto_assigned.per_subnet',
    'zonal_shift.config.enabled',
  ],
  'target group': [
    /^deregistration_delay\./,
    /^target_group_health\./,
    /^target_health_state\./,
    'stickiness.enabled',
    'stickiness.type',
    'load_balancing.cross_zone.enabled',
    'preserve_client_ip.enabled',
    'proxy_protocol_v2.enabled',
  ],
  listener: ['tcp.idle_timeout.seconds'],
  ALB: [
    /^routing\./,
    /^(?:connection|health_check)_logs\./,
    /^load_balancing\.algorithm\./,
    /^stickiness\.(?:lb|app)_cookie\./,
    /^lambda\./,
    'idle_timeout.timeout_seconds',
    'client_keep_alive.seconds',
    'slow_start.duration_seconds',
    'waf.fail_open.enabled',
  ],
}

/** Reports keys that cannot be meant. Words of small letters with dots between them are an attribute's form. */
export function isUsableKey(context: ServiceContext, reading: Reading<unknown>, key: string, part: Part): boolean {
  const isShaped = /^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/.test(key)
  if (isShaped && (isOf(key, part) || !Object.keys(KEYS).some((other) => isOf(key, other as Part)))) return true
  if (reading.kind !== 'value') return false
  const example = KEYS[part].find((one) => typeof one === 'string') ?? ''
  const problem = `"${key.slice(0, 60)}" is no attribute of an NLB's ${part}; write those that it has, such as ${example}`
  reportValue(context, reading, problem)
  return false
}

/** Only listeners of plain TCP have a timeout to set. */
export function isOfListener(key: string, protocol: Listener['protocol']): boolean {
  return key !== 'tcp.idle_timeout.seconds' || protocol === 'TCP'
}

function isOf(key: string, part: Part | 'ALB'): boolean {
  return KEYS[part].some((one) => (typeof one === 'string' ? one === key : one.test(key)))
}
