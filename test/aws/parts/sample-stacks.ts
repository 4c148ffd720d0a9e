/** Stacks to make true, small and in every flavour. Names are short of AWS's limits and the same on every run. */
import {
  type AwsStack,
  type ClassicLoadBalancer,
  emptyStack,
  type IngressRule,
  type Listener,
  type ListenerRule,
  type LoadBalancer,
  type StackId,
  type TargetGroup,
} from '../../../src/aws/stack/model.ts'

/** Of an account: in which subnets load balancers stand. */
export interface Place {
  readonly subnets: readonly string[]
}

export interface AlbWish {
  readonly id?: StackId
  readonly scheme?: LoadBalancer['scheme']
  /** Path of each rule, in order; each has a target group of its own, named for the path. */
  readonly paths?: readonly string[]
  readonly idleTimeout?: string
  readonly team?: string
  readonly cidrs?: readonly string[]
  /** An HTTPS listener with a certificate imported from this Secret (`namespace/name`) with this fingerprint. */
  readonly tls?: { readonly secret: string; readonly fingerprint: string }
  readonly webAcl?: string
  readonly isShielded?: boolean
  /** Also the security group of the shared stack. */
  readonly usesShared?: boolean
}

/** The defaults for an ALB. */
export const HTTP_CHECK: TargetGroup['healthCheck'] = {
  protocol: 'HTTP',
  port: 'traffic-port',
  path: '/',
  matcher: { kind: 'http', codes: '200' },
  intervalSeconds: 15,
  timeoutSeconds: 5,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
}

const origins = [{ object: 'Ingress shop/web', path: '' }]

/** What belongs to the cluster as a whole: the group that nodes admit. */
export function sharedStack(): AwsStack {
  const group = {
    id: 'backend-sg',
    name: 'k8s-traffic-demo',
    description: '[k8s] Shared Backend SecurityGroup for LoadBalancer',
  }
  return { ...emptyStack('shared'), securityGroups: [{ ...group, origins: [], tags: {}, ingress: [] }] }
}

export function albStack(place: Place, wish: AlbWish = {}): AwsStack {
  const id = wish.id ?? 'ingress:shop/web'
  const name = nameOf(id)
  const scheme = wish.scheme ?? 'internal'
  const paths = wish.paths ?? ['/a']
  const tags = wish.team === undefined ? {} : { team: wish.team }
  const ports = wish.tls === undefined ? [80] : [80, 443]
  const groups = [...new Set(paths)].map((path) =>
    targetGroup(`shop/web-${slug(path)}:80`, `k8s-${name}-${slug(path)}`, tags),
  )
  const loadBalancer: LoadBalancer = {
    id: 'LoadBalancer',
    origins,
    name: `k8s-${name}-${scheme === 'internal' ? 'int' : 'pub'}`,
    type: 'application',
    scheme,
    ipAddressType: 'ipv4',
    subnets: place.subnets.map((subnetId) => ({ subnetId })),
    securityGroups: [
      { ref: 'SecurityGroup/ManagedLBSecurityGroup' },
      ...(wish.usesShared === true ? [{ ref: 'SecurityGroup/backend-sg', stack: 'shared' } as const] : []),
    ],
    attributes: wish.idleTimeout === undefined ? {} : { 'idle_timeout.timeout_seconds': wish.idleTimeout },
    tags,
  }
  return {
    ...emptyStack(id, [`Ingress ${id.slice(id.indexOf(':') + 1)}`]),
    securityGroups: [
      {
        id: 'ManagedLBSecurityGroup',
        origins,
        name: `k8s-${name}`,
        description: '[k8s] Managed SecurityGroup for LoadBalancer',
        tags,
        ingress: ports.flatMap((port) => (wish.cidrs ?? ['0.0.0.0/0']).map((cidr) => openPort(cidr, port))),
      },
    ],
    certificates:
      wish.tls === undefined
        ? []
        : [
            {
              id: wish.tls.secret,
              origins,
              namespace: wish.tls.secret.split('/')[0] ?? '',
              secretName: wish.tls.secret.split('/')[1] ?? '',
              fingerprint: wish.tls.fingerprint,
              domainNames: ['shop.example.com'],
              tags,
            },
          ],
    targetGroups: groups,
    loadBalancers: [loadBalancer],
    listeners: ports.map((port) => albListener(port, wish, tags)),
    rules: ports.flatMap((port) => paths.map((path, index) => albRule(port, index + 1, path, tags))),
    webAcls:
      wish.webAcl === undefined
        ? []
        : [
            {
              id: 'LoadBalancer',
              origins,
              generation: 'v2',
              loadBalancer: { ref: 'LoadBalancer/LoadBalancer' },
              arn: wish.webAcl,
            },
          ],
    shields:
      wish.isShielded === undefined
        ? []
        : [{ id: 'LoadBalancer', origins, loadBalancer: { ref: 'LoadBalancer/LoadBalancer' }, isOn: wish.isShielded }],
  }
}

export interface NlbWish {
  readonly ports?: readonly number[]
  readonly crossZone?: boolean
}

export function nlbStack(place: Place, wish: NlbWish = {}): AwsStack {
  const ports = wish.ports ?? [80]
  const from = [{ object: 'Service shop/tcp', path: '' }]
  return {
    ...emptyStack('service:shop/tcp', ['Service shop/tcp']),
    targetGroups: ports.map((port) => ({
      ...targetGroup(`shop/tcp:${port}`, `k8s-shop-tcp-${port}`, {}),
      origins: from,
      protocol: 'TCP',
      port: 30_000 + port,
      healthCheck: {
        protocol: 'TCP',
        port: 'traffic-port',
        intervalSeconds: 10,
        timeoutSeconds: 10,
        healthyThreshold: 3,
        unhealthyThreshold: 3,
      },
    })),
    loadBalancers: [
      {
        id: 'LoadBalancer',
        origins: from,
        name: 'k8s-shop-tcp',
        type: 'network',
        scheme: 'internal',
        ipAddressType: 'ipv4',
        subnets: place.subnets.map((subnetId) => ({ subnetId })),
        securityGroups: [],
        attributes: wish.crossZone === undefined ? {} : { 'load_balancing.cross_zone.enabled': String(wish.crossZone) },
        tags: {},
      },
    ],
    listeners: ports.map((port): Listener => ({
      id: String(port),
      origins: from,
      loadBalancer: { ref: 'LoadBalancer/LoadBalancer' },
      port,
      protocol: 'TCP',
      defaultActions: [
        { type: 'forward', targetGroups: [{ targetGroup: { ref: `TargetGroup/shop/tcp:${port}` }, weight: 1 }] },
      ],
      certificates: [],
      attributes: {},
      tags: {},
    })),
  }
}

export interface ClassicWish {
  readonly ports?: readonly number[]
  readonly sendsProxyProtocol?: boolean
  readonly idleTimeoutSeconds?: number
}

export function classicStack(place: Place, wish: ClassicWish = {}): AwsStack {
  const from = [{ object: 'Service shop/old', path: '' }]
  const ports = wish.ports ?? [80]
  const balancer: ClassicLoadBalancer = {
    id: 'LoadBalancer',
    origins: from,
    name: 'a0123456789abcdef0123456789abcde',
    scheme: 'internal',
    subnetIds: place.subnets,
    securityGroups: [{ ref: 'SecurityGroup/ManagedLBSecurityGroup' }],
    listeners: ports.map((port) => ({ port, protocol: 'TCP', instancePort: 30_000 + port, instanceProtocol: 'TCP' })),
    healthCheck: {
      target: `TCP:${30_000 + (ports[0] ?? 80)}`,
      intervalSeconds: 10,
      timeoutSeconds: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 6,
    },
    attributes: {
      crossZone: false,
      idleTimeoutSeconds: wish.idleTimeoutSeconds ?? 60,
      drainingSeconds: null,
      accessLog: null,
    },
    sendsProxyProtocol: wish.sendsProxyProtocol ?? false,
    tags: {},
    nodeLabels: {},
    access: [],
  }
  return {
    ...emptyStack('service:shop/old', ['Service shop/old']),
    securityGroups: [
      {
        id: 'ManagedLBSecurityGroup',
        origins: from,
        name: 'k8s-elb-a0123456789abcdef',
        description: 'Security group for Kubernetes ELB a0123456789abcdef (shop/old)',
        tags: {},
        ingress: ports.map((port) => openPort('0.0.0.0/0', port)),
      },
    ],
    classicLoadBalancers: [balancer],
  }
}

function nameOf(id: StackId): string {
  return id.slice(id.indexOf(':') + 1).replaceAll(/[^a-z0-9]+/g, '-')
}

/** `/a/b` as `a-b`, for names. */
function slug(path: string): string {
  return path.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')
}

function openPort(cidr: string, port: number): IngressRule {
  return { protocol: 'tcp', fromPort: port, toPort: port, source: { kind: 'cidr', cidr }, description: '' }
}

function targetGroup(id: string, name: string, tags: Readonly<Record<string, string>>): TargetGroup {
  return {
    id,
    origins,
    name,
    targetType: 'instance',
    protocol: 'HTTP',
    port: 30_080,
    ipAddressType: 'ipv4',
    healthCheck: HTTP_CHECK,
    attributes: {},
    tags,
    targets: { kind: 'service', namespace: 'shop', name: 'web', port: '80', nodeLabels: {} },
    access: [],
    isMultiCluster: false,
  }
}

function albListener(port: number, wish: AlbWish, tags: Readonly<Record<string, string>>): Listener {
  const isTls = port === 443
  return {
    id: String(port),
    origins,
    loadBalancer: { ref: 'LoadBalancer/LoadBalancer' },
    port,
    protocol: isTls ? 'HTTPS' : 'HTTP',
    defaultActions: [{ type: 'fixed-response', statusCode: '404', contentType: 'text/plain', messageBody: '' }],
    certificates: isTls && wish.tls !== undefined ? [{ ref: `Certificate/${wish.tls.secret}` }] : [],
    ...(isTls ? { sslPolicy: 'ELBSecurityPolicy-2016-08' } : {}),
    attributes: {},
    tags,
  }
}

function albRule(port: number, priority: number, path: string, tags: Readonly<Record<string, string>>): ListenerRule {
  return {
    id: `${port}:${priority}`,
    origins,
    listener: { ref: `Listener/${port}` },
    priority,
    conditions: [{ field: 'path-pattern', values: [path] }],
    actions: [
      { type: 'forward', targetGroups: [{ targetGroup: { ref: `TargetGroup/shop/web-${slug(path)}:80` }, weight: 1 }] },
    ],
    transforms: [],
    tags,
  }
}
