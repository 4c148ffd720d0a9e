/** Load balancers, listeners, rules and target groups as AWS says them back, in the words of the model. */
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type {
  HealthCheck,
  Listener,
  ListenerRule,
  LoadBalancer,
  MutualAuthentication,
  SubnetMapping,
  TargetGroup,
} from '../../stack/model.ts'
import { fromActions, fromConditions, fromTransforms } from './from-rule.ts'

type Attributes = Readonly<Record<string, string>>

/** What only other calls tell. */
export interface LoadBalancerDetails {
  readonly attributes: Attributes
  /** `undefined` = not read. */
  readonly capacityUnits: number | undefined
}

export function fromLoadBalancer(id: string, shape: Elb.LoadBalancer, details: LoadBalancerDetails): LoadBalancer {
  const sourceNat = shape.EnablePrefixForIpv6SourceNat
  const enforce = shape.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
  return {
    id,
    origins: [],
    name: shape.LoadBalancerName ?? '',
    type: shape.Type === 'network' ? 'network' : 'application',
    scheme: shape.Scheme === 'internal' ? 'internal' : 'internet-facing',
    ipAddressType: shape.IpAddressType ?? 'ipv4',
    subnets: (shape.AvailabilityZones ?? []).map(fromZone).sort((a, b) => (a.subnetId < b.subnetId ? -1 : 1)),
    securityGroups: shape.SecurityGroups ?? [],
    attributes: details.attributes,
    tags: {},
    ...(details.capacityUnits === undefined ? {} : { minimumCapacityUnits: details.capacityUnits }),
    ...(shape.CustomerOwnedIpv4Pool === undefined ? {} : { customerOwnedIpv4Pool: shape.CustomerOwnedIpv4Pool }),
    ...(shape.IpamPools?.Ipv4IpamPoolId === undefined ? {} : { ipamPoolId: shape.IpamPools.Ipv4IpamPoolId }),
    ...(enforce === 'on' || enforce === 'off' ? { enforcePrivateLinkRules: enforce } : {}),
    ...(sourceNat === undefined ? {} : { ipv6SourceNat: sourceNat }),
  }
}

function fromZone(zone: Elb.AvailabilityZone): SubnetMapping {
  const address = zone.LoadBalancerAddresses?.[0]
  const prefix = zone.SourceNatIpv6Prefixes?.[0]
  return {
    subnetId: zone.SubnetId ?? '',
    ...(address?.AllocationId === undefined ? {} : { allocationId: address.AllocationId }),
    ...(address?.PrivateIPv4Address === undefined ? {} : { privateIPv4Address: address.PrivateIPv4Address }),
    ...(address?.IPv6Address === undefined ? {} : { ipv6Address: address.IPv6Address }),
    ...(prefix === undefined ? {} : { sourceNatIpv6Prefix: prefix }),
  }
}

export interface ListenerDetails {
  readonly attributes: Attributes
  /** Of SNI; AWS lists the default one here too where it was one of them before. */
  readonly extraCertificates: readonly string[]
  readonly secretFingerprint: string
}

export function fromListener(id: string, shape: Elb.Listener, details: ListenerDetails): Listener {
  const first = shape.Certificates?.[0]?.CertificateArn
  const isSecure = shape.Protocol === 'HTTPS' || shape.Protocol === 'TLS'
  const alpn = shape.AlpnPolicy?.[0]
  return {
    id,
    origins: [],
    loadBalancer: shape.LoadBalancerArn ?? '',
    port: shape.Port ?? 0,
    protocol: (shape.Protocol ?? 'HTTP') as Listener['protocol'],
    defaultActions: fromActions(shape.DefaultActions, details.secretFingerprint),
    certificates: first === undefined ? [] : [first, ...[...details.extraCertificates].sort()],
    // moto says a policy for HTTP too.
    ...(isSecure && shape.SslPolicy !== undefined ? { sslPolicy: shape.SslPolicy } : {}),
    ...(isSecure && alpn !== undefined && alpn !== 'None' ? { alpnPolicy: alpn } : {}),
    ...(shape.MutualAuthentication === undefined
      ? {}
      : { mutualAuthentication: fromMutual(shape.MutualAuthentication) }),
    attributes: details.attributes,
    tags: {},
  }
}

function fromMutual(shape: Elb.MutualAuthenticationAttributes): MutualAuthentication {
  if (shape.Mode !== 'verify') return { mode: shape.Mode === 'passthrough' ? 'passthrough' : 'off' }
  return {
    mode: 'verify',
    trustStoreArn: shape.TrustStoreArn ?? '',
    ignoreClientCertificateExpiry: shape.IgnoreClientCertificateExpiry ?? false,
    advertiseTrustStoreCaNames: shape.AdvertiseTrustStoreCaNames ?? 'off',
  }
}

export function fromRule(id: string, listener: string, shape: Elb.Rule, secretFingerprint: string): ListenerRule {
  return {
    id,
    origins: [],
    listener,
    priority: Number(shape.Priority),
    conditions: fromConditions(shape.Conditions),
    actions: fromActions(shape.Actions, secretFingerprint),
    transforms: fromTransforms(shape.Transforms),
    tags: {},
  }
}

export function fromTargetGroup(id: string, shape: Elb.TargetGroup, attributes: Attributes): TargetGroup {
  const version = shape.ProtocolVersion
  return {
    id,
    origins: [],
    name: shape.TargetGroupName ?? '',
    targetType: shape.TargetType === 'ip' || shape.TargetType === 'alb' ? shape.TargetType : 'instance',
    protocol: (shape.Protocol ?? 'HTTP') as TargetGroup['protocol'],
    ...(version === 'HTTP1' || version === 'HTTP2' || version === 'GRPC' ? { protocolVersion: version } : {}),
    port: shape.Port ?? 0,
    ipAddressType: shape.IpAddressType ?? 'ipv4',
    healthCheck: fromHealthCheck(shape),
    attributes,
    tags: {},
    // Targets travel on a path of their own.
    targets: { kind: 'service', namespace: '', name: '', port: '', nodeLabels: {} },
    access: [],
    isMultiCluster: false,
    ...(shape.TargetControlPort === undefined ? {} : { controlPort: shape.TargetControlPort }),
  }
}

function fromHealthCheck(shape: Elb.TargetGroup): HealthCheck {
  const protocol =
    shape.HealthCheckProtocol === 'HTTP' || shape.HealthCheckProtocol === 'HTTPS' ? shape.HealthCheckProtocol : 'TCP'
  const { HttpCode: http, GrpcCode: grpc } = shape.Matcher ?? {}
  return {
    protocol,
    port: shape.HealthCheckPort ?? 'traffic-port',
    ...(protocol === 'TCP' || shape.HealthCheckPath === undefined ? {} : { path: shape.HealthCheckPath }),
    ...(protocol === 'TCP' || (http ?? grpc) === undefined
      ? {}
      : { matcher: grpc === undefined ? { kind: 'http', codes: http ?? '' } : { kind: 'grpc', codes: grpc } }),
    intervalSeconds: shape.HealthCheckIntervalSeconds ?? 0,
    timeoutSeconds: shape.HealthCheckTimeoutSeconds ?? 0,
    healthyThreshold: shape.HealthyThresholdCount ?? 0,
    unhealthyThreshold: shape.UnhealthyThresholdCount ?? 0,
  }
}
