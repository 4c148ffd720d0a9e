/** Classic Load Balancers as AWS says them back, in the words of the model. */
import type * as Classic from '@aws-sdk/client-elastic-load-balancing'
import type { ClassicListener, ClassicLoadBalancer } from '../../stack/model.ts'

/** Names of our policies, as the in-tree controller has them. */
export const PROXY_PROTOCOL_POLICY = 'k8s-proxyprotocol-enabled'
export const SSL_POLICY_PREFIX = 'k8s-SSLNegotiationPolicy-'

export function fromClassic(
  id: string,
  shape: Classic.LoadBalancerDescription,
  attributes: Classic.LoadBalancerAttributes,
  wishesProxyProtocol: boolean,
): ClassicLoadBalancer {
  const { ConnectionDraining: draining, AccessLog: log } = attributes
  const backends = shape.BackendServerDescriptions ?? []
  const listeners = (shape.ListenerDescriptions ?? []).map(fromListenerDescription)
  const proxied = new Set(
    backends.filter((one) => one.PolicyNames?.includes(PROXY_PROTOCOL_POLICY)).map((one) => one.InstancePort),
  )
  return {
    id,
    origins: [],
    name: shape.LoadBalancerName ?? '',
    scheme: shape.Scheme === 'internal' ? 'internal' : 'internet-facing',
    subnetIds: [...(shape.Subnets ?? [])].sort(),
    securityGroups: shape.SecurityGroups ?? [],
    listeners: listeners.sort((a, b) => a.port - b.port),
    healthCheck: {
      target: shape.HealthCheck?.Target ?? '',
      intervalSeconds: shape.HealthCheck?.Interval ?? 0,
      timeoutSeconds: shape.HealthCheck?.Timeout ?? 0,
      healthyThreshold: shape.HealthCheck?.HealthyThreshold ?? 0,
      unhealthyThreshold: shape.HealthCheck?.UnhealthyThreshold ?? 0,
    },
    attributes: {
      crossZone: attributes.CrossZoneLoadBalancing?.Enabled ?? false,
      idleTimeoutSeconds: attributes.ConnectionSettings?.IdleTimeout ?? 60,
      drainingSeconds: draining?.Enabled === true ? (draining.Timeout ?? 300) : null,
      accessLog:
        log?.Enabled === true
          ? {
              bucket: log.S3BucketName ?? '',
              prefix: log.S3BucketPrefix ?? '',
              emitIntervalMinutes: log.EmitInterval === 5 ? 5 : 60,
            }
          : null,
    },
    // Where only some ports have it, it is not as wished, whatever is wished. Ports that no listener has any more do not count.
    sendsProxyProtocol: wishesProxyProtocol
      ? listeners.length > 0 && listeners.every((one) => proxied.has(one.instancePort))
      : listeners.some((one) => proxied.has(one.instancePort)),
    tags: {},
    nodeLabels: {},
    access: [],
  }
}

function fromListenerDescription({
  Listener: listener,
  PolicyNames: policies = [],
}: Classic.ListenerDescription): ClassicListener {
  const policy = policies.find((name) => name.startsWith(SSL_POLICY_PREFIX))
  return {
    port: listener?.LoadBalancerPort ?? 0,
    protocol: (listener?.Protocol ?? 'TCP').toUpperCase() as ClassicListener['protocol'],
    instancePort: listener?.InstancePort ?? 0,
    instanceProtocol: (
      listener?.InstanceProtocol ??
      listener?.Protocol ??
      'TCP'
    ).toUpperCase() as ClassicListener['instanceProtocol'],
    ...(listener?.SSLCertificateId === undefined || listener.SSLCertificateId === ''
      ? {}
      : { certificate: listener.SSLCertificateId }),
    ...(policy === undefined ? {} : { sslPolicy: policy.slice(SSL_POLICY_PREFIX.length) }),
  }
}
