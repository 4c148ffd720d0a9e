/**
 * Annotations of the AWS Load Balancer Controller for ALBs from Ingresses, with the spellings of its ancestor of 2017.
 * The annotations of target groups may also stand on the Service, where they win over the Ingress.
 */
import {
  ARN,
  BOOL,
  CIDR_LIST,
  int,
  json,
  MAP,
  oneOf,
  PATH,
  PORT,
  PORT_OR_NAME,
  rowsOf,
  TEXT,
  TEXT_LIST,
  type ValueType,
  type Vocabulary,
} from './vocabulary.ts'

const LOAD_BALANCER_NAME: ValueType = {
  kind: 'name',
  max: 32,
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/,
  wanted: 'at most 32 letters, digits and inner hyphens',
}
const GROUP_NAME: ValueType = {
  kind: 'name',
  max: 63,
  pattern: /^(?:[a-z0-9][-a-z0-9.]*)?[a-z0-9]$/,
  wanted: 'at most 63 lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit',
}
const HTTP_OR_HTTPS = oneOf('HTTP', 'HTTPS')

const CORE = rowsOf('core', {
  'group.name': GROUP_NAME,
  scheme: oneOf('internal', 'internet-facing'),
  subnets: TEXT_LIST,
  'security-groups': TEXT_LIST,
  'inbound-cidrs': CIDR_LIST,
  'listen-ports': json('listen-ports'),
  'certificate-arn': { kind: 'list', of: ARN },
  'ssl-redirect': PORT,
  'actions.*': json('action'),
})

const COMMON = rowsOf('common', {
  'load-balancer-name': LOAD_BALANCER_NAME,
  'group.order': int(-1000, 1000),
  'ip-address-type': oneOf('ipv4', 'dualstack', 'dualstack-without-public-ipv4'),
  'manage-backend-security-group-rules': BOOL,
  'load-balancer-attributes': MAP,
  'wafv2-acl-arn': TEXT,
  'ssl-policy': TEXT,
  'conditions.*': json('conditions'),
  'auth-type': oneOf('none', 'oidc', 'cognito'),
  'auth-idp-cognito': json('cognito'),
  'auth-idp-oidc': json('oidc'),
  'auth-on-unauthenticated-request': oneOf('authenticate', 'allow', 'deny'),
  'auth-scope': TEXT,
  'auth-session-cookie': TEXT,
  'auth-session-timeout': int(1, 604_800),
})

const RARE = rowsOf('rare', {
  'security-group-prefix-lists': TEXT_LIST,
  'customer-owned-ipv4-pool': TEXT,
  'ipam-ipv4-pool-id': TEXT,
  'minimum-load-balancer-capacity': MAP,
  'wafv2-acl-name': TEXT,
  'waf-acl-id': TEXT,
  'shield-advanced-protection': BOOL,
  'enable-frontend-nlb': BOOL,
  'frontend-nlb-scheme': oneOf('internal', 'internet-facing'),
  'frontend-nlb-subnets': TEXT_LIST,
  'frontend-nlb-security-groups': TEXT_LIST,
  'frontend-nlb-listener-port-mapping': MAP,
  'frontend-nlb-eip-allocations': TEXT_LIST,
  'frontend-nlb-healthcheck-port': PORT_OR_NAME,
  'frontend-nlb-healthcheck-protocol': HTTP_OR_HTTPS,
  'frontend-nlb-healthcheck-path': PATH,
  'frontend-nlb-healthcheck-interval-seconds': int(5, 300),
  'frontend-nlb-healthcheck-timeout-seconds': int(2, 120),
  'frontend-nlb-healthcheck-healthy-threshold-count': int(2, 10),
  'frontend-nlb-healthcheck-unhealthy-threshold-count': int(2, 10),
  'frontend-nlb-healthcheck-success-codes': TEXT,
  'frontend-nlb-attributes': MAP,
  'frontend-nlb-tags': MAP,
  'dry-run-plan': json('any-object'),
  'mutual-authentication': json('mutual-authentication'),
  'listener-attributes.*': MAP,
  'create-acm-cert': BOOL,
  'acm-pca-arn': ARN,
  'transforms.*': json('transforms'),
  'use-regex-path-match': BOOL,
  'jwt-validation': json('jwt'),
})

const TARGET_GROUP = rowsOf(
  'core',
  {
    tags: MAP,
    'target-type': oneOf('instance', 'ip'),
    'target-node-labels': MAP,
    'backend-protocol': HTTP_OR_HTTPS,
    'backend-protocol-version': oneOf('HTTP1', 'HTTP2', 'GRPC'),
    'target-group-attributes': MAP,
    'healthcheck-port': PORT_OR_NAME,
    'healthcheck-protocol': HTTP_OR_HTTPS,
    'healthcheck-path': PATH,
    'healthcheck-interval-seconds': int(5, 300),
    'healthcheck-timeout-seconds': int(2, 120),
    'healthy-threshold-count': int(2, 10),
    'unhealthy-threshold-count': int(2, 10),
    'success-codes': TEXT,
    'multi-cluster-target-group': BOOL,
    'target-control-port.*': PORT,
  },
  ['Ingress', 'Service'],
)

const ALB = 'alb.ingress.kubernetes.io/'

export const AWS_ALB: Vocabulary = {
  controller: 'the AWS Load Balancer Controller',
  prefix: ALB,
  rows: [...CORE, ...COMMON, ...TARGET_GROUP, ...RARE],
  aliases: {
    successCodes: `${ALB}success-codes`,
    attributes: `${ALB}load-balancer-attributes`,
    'web-acl-id': `${ALB}waf-acl-id`,
  },
  legacy: {
    'connection-idle-timeout': {
      value: int(1, 4000),
      instead: 'write load-balancer-attributes: idle_timeout.timeout_seconds=SECONDS',
    },
    port: { value: PORT, instead: 'write listen-ports: \'[{"HTTP": PORT}]\'' },
    'ignore-host-header': { value: BOOL, instead: 'leave the host of the rule empty instead' },
  },
  removed: {},
  strict: 'all',
  areValuesJudgedElsewhere: false,
}
