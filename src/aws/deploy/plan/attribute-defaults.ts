/**
 * What an attribute is set to when a wish for it is gone. Source: elbv2 API reference, LoadBalancerAttribute,
 * TargetGroupAttribute, ListenerAttribute. Buckets and prefixes of logs stay: without `enabled` they mean nothing, and AWS
 * takes no empty bucket.
 */

/** `null` = left as it is; `undefined` = not known. */
export function defaultOfLoadBalancer(
  key: string,
  { type, scheme }: { readonly type: string; readonly scheme: string },
): string | null | undefined {
  if (/^(?:access|connection|health_check)_logs\.s3\.(?:bucket|prefix)$/.test(key)) return null
  if (/^(?:access|connection|health_check)_logs\.s3\.enabled$/.test(key)) return 'false'
  if (key === 'ipv6.deny_all_igw_traffic') return scheme === 'internal' ? 'true' : 'false'
  // An ALB spreads over zones always.
  if (key === 'load_balancing.cross_zone.enabled') return type === 'application' ? 'true' : 'false'
  return LOAD_BALANCER[key]
}

const LOAD_BALANCER: Readonly<Record<string, string>> = {
  'deletion_protection.enabled': 'false',
  'zonal_shift.config.enabled': 'false',
  'idle_timeout.timeout_seconds': '60',
  'client_keep_alive.seconds': '3600',
  'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http.preserve_host_header.enabled': 'false',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'routing.http.xff_client_port.enabled': 'false',
  'routing.http.xff_header_processing.mode': 'append',
  'routing.http2.enabled': 'true',
  'waf.fail_open.enabled': 'false',
  'dns_record.client_routing_policy': 'any_availability_zone',
  'secondary_ips.auto_assigned.per_subnet': '0',
}

export function defaultOfTargetGroup(
  key: string,
  { protocol, targetType }: { readonly protocol: string; readonly targetType: string },
): string | null | undefined {
  const isUdp = /UDP|QUIC/.test(protocol)
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS'
  if (key === 'stickiness.type') return isHttp ? 'lb_cookie' : 'source_ip'
  if (key === 'deregistration_delay.connection_termination.enabled') return isUdp ? 'true' : 'false'
  if (key === 'preserve_client_ip.enabled') return targetType !== 'ip' || isUdp ? 'true' : 'false'
  // It means nothing without stickiness, and AWS takes no empty name.
  if (key === 'stickiness.app_cookie.cookie_name') return null
  return TARGET_GROUP[key]
}

const TARGET_GROUP: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'stickiness.enabled': 'false',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'stickiness.app_cookie.duration_seconds': '86400',
  'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
  'load_balancing.algorithm.type': 'round_robin',
  'load_balancing.algorithm.anomaly_mitigation': 'off',
  'slow_start.duration_seconds': '0',
  'target_group_health.dns_failover.minimum_healthy_targets.count': '1',
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
  'proxy_protocol_v2.enabled': 'false',
  'target_health_state.unhealthy.connection_termination.enabled': 'true',
  'target_health_state.unhealthy.draining_interval_seconds': '0',
}

/** `null` also for what a listener of the protocol does not have. */
export function defaultOfListener(key: string, protocol: string): string | null | undefined {
  if (key === 'tcp.idle_timeout.seconds') return protocol === 'TCP' ? '350' : null
  if (!key.startsWith('routing.http.')) return undefined
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return null
  if (key === 'routing.http.response.server.enabled') return 'true'
  if (/^routing\.http\.response\..*\.header_value$/.test(key)) return ''
  if (/^routing\.http\.request\..*\.header_name$/.test(key)) return protocol === 'HTTPS' ? '' : null
  return undefined
}
