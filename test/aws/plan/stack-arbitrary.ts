/** Valid stacks of all kinds, for property tests: an AWS that is as it should be accepts every one of them. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type {
  AwsStack,
  ClassicListener,
  HealthCheck,
  ImportedCertificate,
  IngressRule,
  Listener,
  ListenerRule,
  LoadBalancer,
  MutualAuthentication,
  Ref,
  SecurityGroup,
  StackId,
  TargetGroup,
} from '../../../src/aws/stack/model.ts'
import { emptyStack } from '../../../src/aws/stack/model.ts'
import type { RuleAction, RuleCondition } from '../../../src/aws/stack/rule.ts'

const REGION = 'eu-central-1'
const ACCOUNT = '123456789012'
const certificate = (index: number): string =>
  `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/00000000-0000-0000-0000-${String(index).padStart(12, '0')}`
const webAcl = (name: string): string =>
  `arn:aws:wafv2:${REGION}:${ACCOUNT}:regional/webacl/${name}/00000000-0000-0000-0000-00000000000${name.length}`
const TRUST_STORE = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:truststore/store/0123456789abcdef`
const SHARED_GROUP: Ref = { ref: 'SecurityGroup/backend-sg', stack: 'shared' }

const hash = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10)
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })

const tags = fc.dictionary(fc.constantFrom('team', 'cost centre', 'env'), fc.constantFrom('a', 'b', ''), { maxKeys: 3 })

const healthCheck = (isHttpGroup: boolean, isGrpc: boolean): fc.Arbitrary<HealthCheck> =>
  fc
    .record({
      protocol: isHttpGroup
        ? fc.constantFrom('HTTP' as const, 'HTTPS' as const)
        : fc.constantFrom('TCP' as const, 'HTTP' as const),
      port: fc.constantFrom('traffic-port', '10256'),
      path: fc.constantFrom('/', '/healthz'),
      codes: fc.constantFrom('200', '200-399'),
      intervalSeconds: fc.constantFrom(10, 15),
      timeoutSeconds: fc.constantFrom(5, 6),
      healthyThreshold: fc.constantFrom(2, 3),
      unhealthyThreshold: fc.constantFrom(2, 3),
    })
    .map(({ path, codes, ...rest }) =>
      rest.protocol === 'TCP'
        ? rest
        : { ...rest, path, matcher: isGrpc ? { kind: 'grpc', codes: '12' } : { kind: 'http', codes } },
    )

const ingressRules: fc.Arbitrary<readonly IngressRule[]> = fc.uniqueArray(
  fc
    .record({
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      port: fc.constantFrom(80, 443),
      source: fc.oneof(
        fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '2001:db8::/32').map((cidr) => ({ kind: 'cidr', cidr }) as const),
        fc.constant({ kind: 'prefixList', id: 'pl-0123' } as const),
        fc.constant({ kind: 'securityGroup', group: SHARED_GROUP } as const),
      ),
      description: fc.constantFrom('', 'mine'),
    })
    .map(({ port, ...rest }) => ({ ...rest, fromPort: port, toPort: port })),
  { maxLength: 5, selector: (rule) => JSON.stringify([rule.protocol, rule.fromPort, rule.source]) },
)

const securityGroup = (stack: StackId): fc.Arbitrary<SecurityGroup> =>
  fc.record({
    id: fc.constant('ManagedLBSecurityGroup'),
    origins: fc.constant([]),
    name: fc.constant(`k8s-sg-${hash(stack)}`),
    description: fc.constant('[k8s] Managed SecurityGroup for LoadBalancer'),
    tags,
    ingress: ingressRules,
  })

const BALANCER_ATTRIBUTES = {
  'idle_timeout.timeout_seconds': ['60', '120'],
  'routing.http2.enabled': ['true', 'false'],
  'routing.http.drop_invalid_header_fields.enabled': ['true'],
  'client_keep_alive.seconds': ['600'],
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': ['true'],
  'routing.http.xff_header_processing.mode': ['preserve', 'remove'],
  'routing.http.desync_mitigation_mode': ['strictest'],
}

function attributes(
  table: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<Readonly<Record<string, string>>> {
  return fc
    .subarray(Object.entries(table).flatMap(([key, values]) => values.map((value) => [key, value] as const)))
    .map((entries) => Object.fromEntries(entries))
}

const condition: fc.Arbitrary<RuleCondition> = fc.oneof(
  fc
    .uniqueArray(fc.constantFrom('a.example.com', 'B.example.com', '*.example.com'), { minLength: 1, maxLength: 2 })
    .map((values) => ({ field: 'host-header', values }) as const),
  fc
    .uniqueArray(fc.constantFrom('/', '/a', '/b/*', '/c?'), { minLength: 1, maxLength: 2 })
    .map((values) => ({ field: 'path-pattern', values }) as const),
  fc.constant({ field: 'path-pattern', regexValues: ['^a+$'] } as const),
  fc.constant({ field: 'http-header', name: 'X-Canary', values: ['yes'] } as const),
  fc.constant({ field: 'http-request-method', values: ['GET'] } as const),
  fc.constant({ field: 'source-ip', values: ['10.0.0.0/8'] } as const),
  fc.constant({
    field: 'query-string',
    values: [
      { key: '', value: 'x' },
      { key: 'v', value: '1' },
    ],
  } as const),
)

const conditions = fc.uniqueArray(condition, { minLength: 1, maxLength: 2, selector: (one) => one.field })

const session = {
  onUnauthenticatedRequest: 'authenticate',
  scope: 'openid',
  sessionCookieName: 'AWSELBAuthSessionCookie',
  sessionTimeoutSeconds: 604_800,
  extraParams: {},
} as const

const answer: fc.Arbitrary<RuleAction> = fc.oneof(
  fc
    .constantFrom('404', '503')
    .map((statusCode) => ({ type: 'fixed-response', statusCode, contentType: '', messageBody: '' }) as const),
  fc.constant({
    type: 'redirect',
    protocol: 'HTTPS',
    host: 'elsewhere.example.com',
    port: '443',
    path: '/#{path}',
    query: '#{query}',
    statusCode: 'HTTP_301',
  } as const),
)

function forward(groups: readonly TargetGroup[]): fc.Arbitrary<RuleAction> {
  return fc
    .record({
      chosen: fc.uniqueArray(fc.constantFrom(...groups), { minLength: 1, maxLength: 2, selector: (one) => one.id }),
      weight: fc.constantFrom(1, 5),
      stickinessSeconds: optional(fc.constant(60)),
    })
    .map(({ chosen, weight, stickinessSeconds }) => ({
      type: 'forward',
      targetGroups: chosen.map(({ id }) => ({ targetGroup: { ref: `TargetGroup/${id}` } as const, weight })),
      ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }),
    }))
}

const authentication: fc.Arbitrary<RuleAction> = fc.oneof(
  fc.constantFrom('1', '2').map((secretFingerprint): RuleAction => ({
    type: 'authenticate-oidc',
    config: {
      ...session,
      issuer: 'https://id.example.com',
      authorizationEndpoint: 'https://id.example.com/a',
      tokenEndpoint: 'https://id.example.com/t',
      userInfoEndpoint: 'https://id.example.com/u',
      secret: 'shop/oidc',
      secretFingerprint,
    },
  })),
  fc.constant<RuleAction>({
    type: 'jwt-validation',
    config: {
      issuer: 'https://id.example.com',
      jwksEndpoint: 'https://id.example.com/k',
      additionalClaims: [{ format: 'single-string', name: 'role', values: ['admin'] }],
    },
  }),
)

/** What a listener of this protocol can do. */
function actions(protocol: 'HTTP' | 'HTTPS', groups: readonly TargetGroup[]): fc.Arbitrary<readonly RuleAction[]> {
  const usable = groups.filter((one) => one.protocolVersion !== 'GRPC' || protocol === 'HTTPS')
  const last = usable.length === 0 ? answer : fc.oneof(answer, forward(usable))
  if (protocol === 'HTTP') return last.map((one) => [one])
  return fc.tuple(optional(authentication), last).map(([first, one]) => (first === undefined ? [one] : [first, one]))
}

const transforms = fc.constantFrom<ListenerRule['transforms']>(
  [],
  [],
  [{ type: 'url-rewrite', rewrites: [{ regex: '^/a', replace: '/b' }] }],
  [{ type: 'host-header-rewrite', rewrites: [{ regex: 'a', replace: 'b' }] }],
)

function albGroup(stack: StackId, balancer: number, index: number): fc.Arbitrary<TargetGroup> {
  return fc
    .record({
      targetType: fc.constantFrom('instance' as const, 'ip' as const),
      protocol: fc.constantFrom('HTTP' as const, 'HTTPS' as const),
      protocolVersion: fc.constantFrom('HTTP1' as const, 'HTTP2' as const, 'GRPC' as const),
      port: fc.constantFrom(8080, 8443),
      ipAddressType: fc.constantFrom('ipv4' as const, 'ipv4' as const, 'ipv6' as const),
      attributes: attributes({
        'deregistration_delay.timeout_seconds': ['300', '10'],
        'stickiness.enabled': ['true'],
        'slow_start.duration_seconds': ['30'],
      }),
      tags,
    })
    .chain((one) =>
      healthCheck(true, one.protocolVersion === 'GRPC').map((check) => ({
        ...one,
        id: `shop/web-svc${index}${balancer === 1 ? '' : `-${balancer}`}:80`,
        origins: [],
        // The family of addresses is not part of the name, as in names of old.
        name: `k8s-shop-svc${index}-${hash(stack, balancer, one.targetType, one.protocol, one.protocolVersion, one.port)}`,
        healthCheck: check,
        targets: { kind: 'service', namespace: 'shop', name: `svc${index}`, port: '80', nodeLabels: {} } as const,
        access: [],
        isMultiCluster: false,
      })),
    )
}

interface Part {
  readonly targetGroups: readonly TargetGroup[]
  readonly loadBalancers: readonly LoadBalancer[]
  readonly listeners: readonly Listener[]
  readonly rules: readonly ListenerRule[]
}

const subnetsOf = (scheme: string, least: number): fc.Arbitrary<LoadBalancer['subnets']> =>
  fc
    .subarray(['a', 'b', 'c'], { minLength: least })
    .map((zones) =>
      zones.map((zone) => ({ subnetId: `subnet-${scheme === 'internal' ? 'private' : 'public'}-${zone}` })),
    )

const mutual: fc.Arbitrary<MutualAuthentication | undefined> = fc.constantFrom<(MutualAuthentication | undefined)[]>(
  undefined,
  { mode: 'off' },
  { mode: 'passthrough' },
  { mode: 'verify', trustStoreArn: TRUST_STORE },
  { mode: 'verify', trustStoreArn: TRUST_STORE, advertiseTrustStoreCaNames: 'on', ignoreClientCertificateExpiry: true },
)

function albPart(
  stack: StackId,
  balancer: number,
  secrets: readonly ImportedCertificate[],
  groups: readonly Ref[],
): fc.Arbitrary<Part> {
  const prefix = balancer === 1 ? '' : `${balancer}/`
  const ref = { ref: `LoadBalancer/${balancer === 1 ? 'LoadBalancer' : `LoadBalancer-${balancer}`}` } as const
  const certificates: readonly Ref[] = [
    certificate(1),
    certificate(2),
    ...secrets.map(({ id }) => ({ ref: `Certificate/${id}` }) as const),
  ]
  const scheme = fc.constantFrom('internal' as const, 'internet-facing' as const)
  return fc
    .tuple(fc.uniqueArray(fc.constantFrom(0, 1, 2, 3), { maxLength: 3 }), scheme)
    .chain(([indexes, scheme]) =>
      fc.tuple(
        fc.tuple(...indexes.map((index) => albGroup(stack, balancer, index))),
        fc.constant(scheme),
        subnetsOf(scheme, 2),
      ),
    )
    .chain(([targetGroups, scheme, subnets]) => {
      const loadBalancer: fc.Arbitrary<LoadBalancer> = fc
        .record({
          isNamed: fc.constantFrom(false, false, true),
          ipAddressType: fc.constantFrom('ipv4' as const, 'dualstack' as const),
          attributes: attributes(BALANCER_ATTRIBUTES),
          tags,
          capacity: optional(fc.constantFrom(0, 100)),
        })
        .map(({ isNamed, capacity, ...one }) => ({
          ...one,
          id: ref.ref.slice('LoadBalancer/'.length),
          origins: [],
          name: isNamed ? `named-${hash(stack, balancer)}` : `k8s-shop-web-${hash(stack, balancer, scheme)}`,
          type: 'application',
          scheme,
          subnets,
          securityGroups: groups,
          ...(capacity === undefined ? {} : { minimumCapacityUnits: capacity }),
        }))
      const listener = (
        port: number,
        protocol: 'HTTP' | 'HTTPS',
      ): fc.Arbitrary<readonly [Listener, readonly ListenerRule[]]> =>
        fc
          .record({
            defaultActions: actions(protocol, targetGroups),
            certificates: fc.uniqueArray(fc.constantFrom(...certificates), { minLength: 1, maxLength: 3 }),
            sslPolicy: fc.constantFrom('ELBSecurityPolicy-2016-08', 'ELBSecurityPolicy-TLS13-1-2-2021-06'),
            mutual,
            attributes: attributes({
              'routing.http.response.server.enabled': ['false'],
              'routing.http.response.x_frame_options.header_value': ['DENY'],
            }),
            tags,
            rules: fc.array(fc.record({ conditions, actions: actions(protocol, targetGroups), transforms, tags }), {
              maxLength: 6,
            }),
          })
          .map(({ rules, certificates, sslPolicy, mutual, ...rest }) => {
            const id = `${prefix}${port}`
            // A load balancer verifies clients on two listeners at most.
            const usable = port === 80 && mutual?.mode === 'verify' ? undefined : mutual
            const secure = {
              certificates,
              sslPolicy,
              ...(usable === undefined ? {} : { mutualAuthentication: usable }),
            }
            const made: Listener = {
              ...rest,
              id,
              origins: [],
              loadBalancer: ref,
              port,
              protocol,
              ...(protocol === 'HTTPS' ? secure : { certificates: [] }),
            }
            return [
              made,
              rules.map((rule, index) => ({
                ...rule,
                id: `${id}:${index + 1}`,
                origins: [],
                listener: { ref: `Listener/${id}` } as const,
                priority: index + 1,
              })),
            ] as const
          })
      const ports = fc.uniqueArray(
        fc.tuple(fc.constantFrom(80, 443, 8080), fc.constantFrom('HTTP' as const, 'HTTPS' as const)),
        { minLength: 1, maxLength: 3, selector: ([port]) => port },
      )
      return fc
        .tuple(
          loadBalancer,
          ports.chain((list) => fc.tuple(...list.map(([port, protocol]) => listener(port, protocol)))),
        )
        .map(([one, made]) => ({
          targetGroups,
          loadBalancers: [one],
          listeners: made.map(([listener]) => listener),
          rules: made.flatMap(([, rules]) => rules),
        }))
    })
}

export function ingressStack(id: StackId): fc.Arbitrary<AwsStack> {
  const secret = (name: string): fc.Arbitrary<ImportedCertificate> =>
    fc.record({
      id: fc.constant(`shop/${name}`),
      origins: fc.constant([]),
      namespace: fc.constant('shop'),
      secretName: fc.constant(name),
      fingerprint: fc.constantFrom('aa', 'bb'),
      domainNames: fc.constant([`${name}.example.com`]),
      tags,
    })
  return fc
    .tuple(
      fc.tuple(optional(secret('one')), optional(secret('two'))),
      optional(securityGroup(id)),
      fc.boolean(),
      fc.constantFrom(1, 1, 2),
    )
    .chain(([secrets, group, isShared, balancers]) => {
      const certificates = secrets.filter((one) => one !== undefined)
      const managed: readonly Ref[] = group === undefined ? ['sg-own'] : [{ ref: `SecurityGroup/${group.id}` }]
      const groups = isShared ? [...managed, SHARED_GROUP] : managed
      const parts = Array.from({ length: balancers }, (_, index) => albPart(id, index + 1, certificates, groups))
      const acl = optional(fc.constantFrom('', webAcl('first'), webAcl('second')))
      return fc
        .record({
          parts: fc.tuple(...parts),
          acl,
          isShielded: optional(fc.boolean()),
        })
        .map(({ parts, acl, isShielded }): AwsStack => {
          const balancer = { ref: 'LoadBalancer/LoadBalancer' } as const
          const common = { id: 'LoadBalancer', origins: [], loadBalancer: balancer }
          return {
            ...emptyStack(id),
            certificates,
            securityGroups: group === undefined ? [] : [group],
            targetGroups: parts.flatMap((part) => part.targetGroups),
            loadBalancers: parts.flatMap((part) => part.loadBalancers),
            listeners: parts.flatMap((part) => part.listeners),
            rules: parts.flatMap((part) => part.rules),
            webAcls: acl === undefined ? [] : [{ ...common, generation: 'v2', arn: acl }],
            shields: isShielded === undefined ? [] : [{ ...common, isOn: isShielded }],
          }
        })
    })
}

/** Protocols of target groups by protocol of a listener. */
const PARTNERS = {
  TCP: ['TCP', 'TCP_UDP'],
  UDP: ['UDP', 'TCP_UDP'],
  TLS: ['TCP', 'TLS'],
  TCP_UDP: ['TCP_UDP'],
} as const

export function networkStack(id: StackId): fc.Arbitrary<AwsStack> {
  const row = fc.constantFrom('TCP' as const, 'UDP' as const, 'TLS' as const, 'TCP_UDP' as const).chain((protocol) =>
    fc.record({
      port: fc.constantFrom(80, 443, 5353),
      protocol: fc.constant(protocol),
      groupProtocol: fc.constantFrom(...PARTNERS[protocol]),
      targetType: fc.constantFrom('instance' as const, 'ip' as const),
      groupPort: fc.constantFrom(30_080, 30_443),
      check: healthCheck(false, false),
      certificates: fc.uniqueArray(fc.constantFrom(certificate(1), certificate(2)), { minLength: 1 }),
      alpn: optional(fc.constantFrom('HTTP2Preferred', 'None')),
      attributes: attributes({
        'deregistration_delay.timeout_seconds': ['30'],
        'proxy_protocol_v2.enabled': ['true', 'false'],
      }),
      idle: attributes({ 'tcp.idle_timeout.seconds': ['600'] }),
      tags,
    }),
  )
  return fc
    .tuple(
      fc.uniqueArray(row, { minLength: 1, maxLength: 3, selector: (one) => one.port }),
      fc.constantFrom('internal' as const, 'internet-facing' as const),
      fc.constantFrom('ipv4' as const, 'dualstack' as const),
      securityGroup(id),
      optional(fc.constantFrom('on' as const, 'off' as const)),
      tags,
    )
    .chain((all) => subnetsOf(all[1], 1).map((subnets) => [...all, subnets] as const))
    .map(([rows, scheme, ipAddressType, group, enforce, tags, subnets]): AwsStack => {
      const balancer = { ref: 'LoadBalancer/LoadBalancer' } as const
      const groups = rows.map((one): TargetGroup => ({
        id: `shop/nlb:${one.port}`,
        origins: [],
        name: `k8s-shop-nlb-${hash(id, one.port, one.groupProtocol, one.targetType, one.groupPort)}`,
        targetType: one.targetType,
        protocol: one.groupProtocol,
        port: one.groupPort,
        ipAddressType: 'ipv4',
        healthCheck: one.check,
        attributes: one.attributes,
        tags: one.tags,
        targets: { kind: 'service', namespace: 'shop', name: 'nlb', port: String(one.port), nodeLabels: {} },
        access: [],
        isMultiCluster: false,
      }))
      return {
        ...emptyStack(id),
        securityGroups: [group],
        targetGroups: groups,
        loadBalancers: [
          {
            id: 'LoadBalancer',
            origins: [],
            name: `k8s-shop-nlb-${hash(id, scheme)}`,
            type: 'network',
            scheme,
            ipAddressType,
            subnets,
            securityGroups: [{ ref: 'SecurityGroup/ManagedLBSecurityGroup' }],
            attributes: {},
            tags,
            ...(enforce === undefined ? {} : { enforcePrivateLinkRules: enforce }),
          },
        ],
        listeners: rows.map((one) => ({
          id: String(one.port),
          origins: [],
          loadBalancer: balancer,
          port: one.port,
          protocol: one.protocol,
          defaultActions: [
            {
              type: 'forward',
              targetGroups: [{ targetGroup: { ref: `TargetGroup/shop/nlb:${one.port}` }, weight: 1 }],
            },
          ],
          ...(one.protocol === 'TLS'
            ? {
                certificates: one.certificates,
                sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
                ...(one.alpn === undefined ? {} : { alpnPolicy: one.alpn }),
              }
            : { certificates: [] }),
          attributes: one.protocol === 'TCP' ? one.idle : {},
          tags: one.tags,
        })),
      }
    })
}

export function classicStack(id: StackId): fc.Arbitrary<AwsStack> {
  const listener: fc.Arbitrary<ClassicListener> = fc
    .record({
      port: fc.constantFrom(80, 443, 8080),
      kind: fc.constantFrom(
        { protocol: 'TCP', instanceProtocol: 'TCP' } as const,
        { protocol: 'HTTP', instanceProtocol: 'HTTP' } as const,
        { protocol: 'SSL', instanceProtocol: 'TCP' } as const,
        { protocol: 'HTTPS', instanceProtocol: 'HTTP' } as const,
      ),
      instancePort: fc.constantFrom(30_080, 30_443),
      certificate: fc.constantFrom(certificate(1), certificate(2)),
      sslPolicy: optional(fc.constantFrom('ELBSecurityPolicy-2016-08', 'ELBSecurityPolicy-TLS-1-2-2017-01')),
    })
    .map(({ kind, certificate, sslPolicy, ...rest }) => {
      const isSecure = kind.protocol === 'SSL' || kind.protocol === 'HTTPS'
      return {
        ...rest,
        ...kind,
        ...(isSecure ? { certificate, ...(sslPolicy === undefined ? {} : { sslPolicy }) } : {}),
      }
    })
  return fc
    .record({
      listeners: fc.uniqueArray(listener, { minLength: 1, maxLength: 3, selector: (one) => one.port }),
      scheme: fc.constantFrom('internal' as const, 'internal' as const, 'internet-facing' as const),
      zones: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      group: securityGroup(id),
      target: fc.constantFrom('TCP:30080', 'HTTP:32000/healthz'),
      unhealthyThreshold: fc.constantFrom(2, 6),
      crossZone: fc.boolean(),
      idleTimeoutSeconds: fc.constantFrom(60, 120),
      drainingSeconds: fc.constantFrom(null, 60),
      log: fc.constantFrom(null, { bucket: 'logs', prefix: '', emitIntervalMinutes: 5 } as const),
      sendsProxyProtocol: fc.boolean(),
      tags,
    })
    .map((one): AwsStack => ({
      ...emptyStack(id),
      securityGroups: [one.group],
      classicLoadBalancers: [
        {
          id: 'LoadBalancer',
          origins: [],
          name: `a${hash(id)}`,
          scheme: one.scheme,
          subnetIds: one.zones.map((zone) => `subnet-${one.scheme === 'internal' ? 'private' : 'public'}-${zone}`),
          securityGroups: [{ ref: 'SecurityGroup/ManagedLBSecurityGroup' }],
          listeners: one.listeners,
          healthCheck: {
            target: one.target,
            intervalSeconds: 10,
            timeoutSeconds: 5,
            healthyThreshold: 2,
            unhealthyThreshold: one.unhealthyThreshold,
          },
          attributes: {
            crossZone: one.crossZone,
            idleTimeoutSeconds: one.idleTimeoutSeconds,
            drainingSeconds: one.drainingSeconds,
            accessLog: one.log,
          },
          sendsProxyProtocol: one.sendsProxyProtocol,
          tags: one.tags,
          nodeLabels: {},
          access: [],
        },
      ],
    }))
}

/** What a cluster may want at a time: each stack or none of it. The shared one is there when somebody refers to it. */
export const desiredState: fc.Arbitrary<readonly AwsStack[]> = fc
  .tuple(
    optional(ingressStack('ingress:shop/web')),
    optional(ingressStack('ingress:team')),
    optional(networkStack('service:shop/nlb')),
    optional(classicStack('service:shop/classic')),
  )
  .map((stacks) => {
    const present = stacks.filter((one) => one !== undefined)
    const needsShared = JSON.stringify(present).includes('"shared"')
    const shared: AwsStack = {
      ...emptyStack('shared'),
      securityGroups: [
        {
          id: 'backend-sg',
          origins: [],
          name: 'k8s-traffic-test',
          description: '[k8s] Shared Backend SecurityGroup for LoadBalancer',
          tags: {},
          ingress: [],
        },
      ],
    }
    return needsShared ? [shared, ...present] : present
  })
