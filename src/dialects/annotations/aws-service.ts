/** Annotations on Services for AWS: NLBs of the AWS Load Balancer Controller, Classic ELBs and NLBs of the in-tree code. */
import {
  ARN,
  BOOL,
  CIDR_LIST,
  int,
  json,
  MAP,
  ON_OFF,
  oneOf,
  oneOfAnyCase,
  PATH,
  PORT_OR_NAME,
  rowsOf,
  TEXT,
  TEXT_LIST,
  type ValueType,
  type Vocabulary,
} from './vocabulary.ts'

/** Any text but "" and "false" means internal (in-tree); a range here is remarked on by a check of its own. */
const INTERNAL: ValueType = {
  kind: 'name',
  max: 64,
  pattern: /^(?:[01tTfF]|true|True|TRUE|false|False|FALSE|.*[./:].*)$/,
  wanted: '"true" or "false"',
}
const ON_SERVICE = ['Service'] as const

const CORE = rowsOf(
  'core',
  {
    'aws-load-balancer-type': oneOf('nlb', 'nlb-ip', 'external'),
    'aws-load-balancer-nlb-target-type': oneOf('instance', 'ip', 'nlb-ip'),
    'aws-load-balancer-scheme': oneOf('internal', 'internet-facing'),
    'aws-load-balancer-internal': INTERNAL,
    'aws-load-balancer-proxy-protocol': oneOf('*'),
    'aws-load-balancer-ssl-cert': { kind: 'list', of: ARN },
    'aws-load-balancer-ssl-ports': TEXT_LIST,
    'aws-load-balancer-backend-protocol': oneOfAnyCase('ssl', 'tcp', 'http', 'https'),
    'aws-load-balancer-subnets': TEXT_LIST,
    'aws-load-balancer-security-groups': TEXT_LIST,
    'aws-load-balancer-attributes': MAP,
    'load-balancer-source-ranges': CIDR_LIST,
  },
  ON_SERVICE,
)

const COMMON = rowsOf(
  'common',
  {
    'aws-load-balancer-name': {
      kind: 'name',
      max: 32,
      pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
      wanted: 'at most 32 letters, digits and inner hyphens',
    },
    'aws-load-balancer-ip-address-type': oneOf('ipv4', 'dualstack'),
    'aws-load-balancer-ssl-negotiation-policy': TEXT,
    'aws-load-balancer-additional-resource-tags': MAP,
    'aws-load-balancer-healthcheck-protocol': oneOfAnyCase('tcp', 'http', 'https', 'ssl'),
    'aws-load-balancer-healthcheck-port': PORT_OR_NAME,
    'aws-load-balancer-healthcheck-path': PATH,
    'aws-load-balancer-healthcheck-success-codes': TEXT,
    'aws-load-balancer-healthcheck-interval': int(5, 300),
    'aws-load-balancer-healthcheck-timeout': int(2, 120),
    'aws-load-balancer-healthcheck-healthy-threshold': int(2, 10),
    'aws-load-balancer-healthcheck-unhealthy-threshold': int(2, 10),
    'aws-load-balancer-target-group-attributes': MAP,
    'aws-load-balancer-target-group-attributes.*': MAP,
    'aws-load-balancer-target-node-labels': MAP,
    'aws-load-balancer-eip-allocations': TEXT_LIST,
    'aws-load-balancer-cross-zone-load-balancing-enabled': BOOL,
    'aws-load-balancer-connection-idle-timeout': int(1, 4000),
    'aws-load-balancer-connection-draining-enabled': BOOL,
    'aws-load-balancer-connection-draining-timeout': int(1, 3600),
    'aws-load-balancer-extra-security-groups': TEXT_LIST,
    'aws-load-balancer-access-log-enabled': BOOL,
    'aws-load-balancer-access-log-emit-interval': oneOf('5', '60'),
    'aws-load-balancer-access-log-s3-bucket-name': TEXT,
    'aws-load-balancer-access-log-s3-bucket-prefix': TEXT,
  },
  ON_SERVICE,
)

const RARE = rowsOf(
  'rare',
  {
    'aws-load-balancer-proxy-protocol-per-target-group': TEXT_LIST,
    'aws-load-balancer-alpn-policy': oneOf('HTTP1Only', 'HTTP2Only', 'HTTP2Optional', 'HTTP2Preferred', 'None'),
    'aws-load-balancer-private-ipv4-addresses': TEXT_LIST,
    'aws-load-balancer-ipv6-addresses': TEXT_LIST,
    'aws-load-balancer-manage-backend-security-group-rules': BOOL,
    'aws-load-balancer-inbound-sg-rules-on-private-link-traffic': ON_OFF,
    'aws-load-balancer-security-group-prefix-lists': TEXT_LIST,
    'aws-load-balancer-disable-nlb-sg': BOOL,
    'aws-load-balancer-listener-attributes.*': MAP,
    'aws-load-balancer-multi-cluster-target-group': BOOL,
    'aws-load-balancer-enable-prefix-for-ipv6-source-nat': ON_OFF,
    'aws-load-balancer-source-nat-ipv6-prefixes': TEXT_LIST,
    'aws-load-balancer-minimum-load-balancer-capacity': MAP,
    'aws-load-balancer-enable-icmp-for-path-mtu-discovery': oneOf('on', 'off', 'true', 'false'),
    'aws-load-balancer-enable-tcp-udp-listener': BOOL,
    'aws-load-balancer-quic-enabled-ports': TEXT_LIST,
    'actions.*': json('action'),
  },
  ON_SERVICE,
)

export const AWS_SERVICE: Vocabulary = {
  controller: 'AWS load balancer code',
  prefix: 'service.beta.kubernetes.io/',
  rows: [...CORE, ...COMMON, ...RARE],
  aliases: {},
  removed: {},
  // Other clouds keep their own names under this prefix: azure-load-balancer-internal, do-loadbalancer-name, ...
  strict: { beginsWith: 'aws-' },
  areValuesJudgedElsewhere: false,
}
