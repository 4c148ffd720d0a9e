/** Attributes with their defaults, as new resources have them. Source: elbv2 API reference, LoadBalancerAttribute and the like. */

const LOGS = (kind: string): [string, string][] => [
  [`${kind}.s3.enabled`, 'false'],
  [`${kind}.s3.bucket`, ''],
  [`${kind}.s3.prefix`, ''],
]

export function loadBalancerAttributes(type: string, scheme: string): Map<string, string> {
  return new Map([
    ['deletion_protection.enabled', 'false'],
    ['load_balancing.cross_zone.enabled', type === 'application' ? 'true' : 'false'],
    ...LOGS('access_logs'),
    ['ipv6.deny_all_igw_traffic', scheme === 'internal' ? 'true' : 'false'],
    ['zonal_shift.config.enabled', 'false'],
    ...(type === 'application'
      ? ([
          ...LOGS('connection_logs'),
          ...LOGS('health_check_logs'),
          ['idle_timeout.timeout_seconds', '60'],
          ['client_keep_alive.seconds', '3600'],
          ['routing.http.desync_mitigation_mode', 'defensive'],
          ['routing.http.drop_invalid_header_fields.enabled', 'false'],
          ['routing.http.preserve_host_header.enabled', 'false'],
          ['routing.http.x_amzn_tls_version_and_cipher_suite.enabled', 'false'],
          ['routing.http.xff_client_port.enabled', 'false'],
          ['routing.http.xff_header_processing.mode', 'append'],
          ['routing.http2.enabled', 'true'],
          ['waf.fail_open.enabled', 'false'],
        ] as [string, string][])
      : ([
          ['dns_record.client_routing_policy', 'any_availability_zone'],
          ['secondary_ips.auto_assigned.per_subnet', '0'],
        ] as [string, string][])),
  ])
}

export function targetGroupAttributes(protocol: string, targetType: string): Map<string, string> {
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS'
  if (targetType === 'alb') {
    return new Map([
      ['deregistration_delay.timeout_seconds', '300'],
      ['preserve_client_ip.enabled', 'true'],
      ['load_balancing.cross_zone.enabled', 'use_load_balancer_configuration'],
    ])
  }
  const isUdp = /UDP|QUIC/.test(protocol)
  return new Map([
    ['deregistration_delay.timeout_seconds', '300'],
    ['stickiness.enabled', 'false'],
    ['stickiness.type', isHttp ? 'lb_cookie' : 'source_ip'],
    ['load_balancing.cross_zone.enabled', 'use_load_balancer_configuration'],
    ['target_group_health.dns_failover.minimum_healthy_targets.count', '1'],
    ['target_group_health.dns_failover.minimum_healthy_targets.percentage', 'off'],
    ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', '1'],
    ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', 'off'],
    ...(isHttp
      ? ([
          ['load_balancing.algorithm.type', 'round_robin'],
          ['load_balancing.algorithm.anomaly_mitigation', 'off'],
          ['slow_start.duration_seconds', '0'],
          ['stickiness.lb_cookie.duration_seconds', '86400'],
          ['stickiness.app_cookie.cookie_name', ''],
          ['stickiness.app_cookie.duration_seconds', '86400'],
        ] as [string, string][])
      : ([
          ['deregistration_delay.connection_termination.enabled', isUdp ? 'true' : 'false'],
          ['preserve_client_ip.enabled', targetType === 'instance' || isUdp ? 'true' : 'false'],
          ['proxy_protocol_v2.enabled', 'false'],
          ['target_health_state.unhealthy.connection_termination.enabled', 'true'],
          ['target_health_state.unhealthy.draining_interval_seconds', '0'],
        ] as [string, string][])),
  ])
}

export function listenerAttributes(protocol: string): Map<string, string> {
  if (protocol === 'TCP') return new Map([['tcp.idle_timeout.seconds', '350']])
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return new Map()
  const answers = [
    'strict_transport_security',
    'access_control_allow_origin',
    'access_control_allow_methods',
    'access_control_allow_headers',
    'access_control_allow_credentials',
    'access_control_expose_headers',
    'access_control_max_age',
    'content_security_policy',
    'x_content_type_options',
    'x_frame_options',
  ]
  const requests = [
    'x_amzn_mtls_clientcert_serial_number',
    'x_amzn_mtls_clientcert_issuer',
    'x_amzn_mtls_clientcert_subject',
    'x_amzn_mtls_clientcert_validity',
    'x_amzn_mtls_clientcert_leaf',
    'x_amzn_mtls_clientcert',
    'x_amzn_tls_version',
    'x_amzn_tls_cipher_suite',
  ]
  return new Map([
    ['routing.http.response.server.enabled', 'true'],
    ...answers.map((name): [string, string] => [`routing.http.response.${name}.header_value`, '']),
    ...(protocol === 'HTTPS'
      ? requests.map((name): [string, string] => [`routing.http.request.${name}.header_name`, ''])
      : []),
  ])
}
