import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { page } from '../paging.ts'
import { refuse } from '../refusal.ts'
import { addTags } from '../tag-limits.ts'
import { find, freshId, isVisible, type Handlers, type ListenerThing, type World } from '../world.ts'
import { toActions } from './actions.ts'
import { listenerAttributes } from './attribute-lists.ts'
import { listenerOf, listenersOf, loadBalancerOf, pathOf, rulesOf } from './lookup.ts'

type Actions =
  | 'elbv2:DescribeListeners'
  | 'elbv2:CreateListener'
  | 'elbv2:ModifyListener'
  | 'elbv2:DeleteListener'
  | 'elbv2:DescribeListenerCertificates'
  | 'elbv2:AddListenerCertificates'
  | 'elbv2:RemoveListenerCertificates'

type Settings = Pick<
  Elb.Listener,
  'Port' | 'Protocol' | 'Certificates' | 'SslPolicy' | 'DefaultActions' | 'AlpnPolicy' | 'MutualAuthentication'
>

export function listenerHandlers(world: World): Handlers<Actions> {
  return {
    'elbv2:DescribeListeners': (input) => {
      if ((input.ListenerArns ?? []).length > 20) refuse('ValidationError', 'At most 20 listeners can be named')
      const all =
        input.ListenerArns === undefined
          ? listenersOf(world, loadBalancerOf(world, input.LoadBalancerArn).shape.LoadBalancerArn).filter(isVisible)
          : input.ListenerArns.map((arn) => listenerOf(world, arn))
      const { items, next } = page(all, input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return { Listeners: items.map((one) => one.shape), ...(next === undefined ? {} : { NextMarker: next }) }
    },
    'elbv2:CreateListener': (input) => {
      const { shape: balancer } = loadBalancerOf(world, input.LoadBalancerArn)
      const settings = toSettings(world, balancer, input)
      const tags = new Map<string, string>()
      addTags(tags, input.Tags)
      const siblings = listenersOf(world, balancer.LoadBalancerArn)
      if (siblings.some((one) => one.shape.Port === input.Port)) {
        refuse('DuplicateListener', 'A listener already exists on this port for this load balancer')
      }
      if (siblings.length >= world.quotas.listeners) refuse('TooManyListeners', 'Too many listeners')
      const ListenerArn = `arn:aws:elasticloadbalancing:${world.region}:${world.account}:listener/${pathOf(balancer.LoadBalancerArn)}/${freshId(world).slice(1)}`
      const shape = {
        ListenerArn,
        LoadBalancerArn: balancer.LoadBalancerArn,
        ...settings,
        Port: input.Port ?? refuse('ValidationError', 'Port is required'),
      }
      world.listeners.set(ListenerArn, {
        hiddenReads: world.hiddenReads,
        tags,
        shape,
        attributes: listenerAttributes(settings.Protocol ?? ''),
        extraCertificates: new Set(),
      })
      return { Listeners: [shape] }
    },
    'elbv2:ModifyListener': (input) => {
      const one = listenerOf(world, input.ListenerArn)
      const { shape } = one
      const { shape: balancer } = loadBalancerOf(world, shape.LoadBalancerArn)
      const protocol = input.Protocol ?? shape.Protocol
      const isSecure = protocol === 'HTTPS' || protocol === 'TLS'
      // What is not given stays, but what only TLS has goes with it.
      const settings = toSettings(
        world,
        balancer,
        {
          Port: input.Port ?? shape.Port,
          Protocol: protocol,
          DefaultActions: input.DefaultActions ?? shape.DefaultActions?.map(withSecret),
          SslPolicy: input.SslPolicy ?? (isSecure ? shape.SslPolicy : undefined),
          Certificates: input.Certificates ?? (isSecure ? shape.Certificates : undefined),
          AlpnPolicy: input.AlpnPolicy ?? (protocol === 'TLS' ? shape.AlpnPolicy : undefined),
          MutualAuthentication: input.MutualAuthentication ?? (protocol === 'HTTPS' ? given(shape) : undefined),
        },
        shape.ListenerArn,
      )
      const clash = listenersOf(world, shape.LoadBalancerArn).some(
        (other) => other !== one && other.shape.Port === settings.Port,
      )
      if (clash) refuse('DuplicateListener', 'A listener already exists on this port for this load balancer')
      if (protocol !== 'HTTPS') {
        for (const rule of rulesOf(world, shape.ListenerArn)) {
          // Assumed: rules that need HTTPS hold the protocol.
          toActions(world, { ...shape, Protocol: protocol }, rule.shape.Actions?.map(withSecret), rule.shape.RuleArn)
        }
      }
      if (shape.Protocol !== settings.Protocol) {
        one.attributes.clear()
        for (const [key, value] of listenerAttributes(settings.Protocol ?? '')) one.attributes.set(key, value)
      }
      if (!isSecure) one.extraCertificates.clear()
      for (const key of ['SslPolicy', 'Certificates', 'AlpnPolicy', 'MutualAuthentication'] as const) delete shape[key]
      Object.assign(shape, settings)
      return { Listeners: [shape] }
    },
    'elbv2:DeleteListener': (input) => {
      const { shape } = listenerOf(world, input.ListenerArn)
      for (const rule of rulesOf(world, shape.ListenerArn)) world.rules.delete(rule.shape.RuleArn)
      world.listeners.delete(shape.ListenerArn)
      return {}
    },
    'elbv2:DescribeListenerCertificates': (input) => {
      const one = listenerOf(world, input.ListenerArn)
      const all = [
        ...(one.shape.Certificates ?? []).map(({ CertificateArn }) => ({ CertificateArn, IsDefault: true })),
        ...[...one.extraCertificates].map((CertificateArn) => ({ CertificateArn, IsDefault: false })),
      ]
      const { items, next } = page(all, input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return { Certificates: items, ...(next === undefined ? {} : { NextMarker: next }) }
    },
    'elbv2:AddListenerCertificates': (input) => {
      const one = secureListener(world, input.ListenerArn)
      const arn = oneCertificate(world, input.Certificates)
      one.extraCertificates.add(arn)
      const all = new Set(
        listenersOf(world, one.shape.LoadBalancerArn).flatMap((other) => [...other.extraCertificates]),
      )
      if (all.size > world.quotas.certificates) {
        one.extraCertificates.delete(arn)
        refuse('TooManyCertificates', 'Too many certificates')
      }
      return { Certificates: [{ CertificateArn: arn, IsDefault: false }] }
    },
    'elbv2:RemoveListenerCertificates': (input) => {
      const one = secureListener(world, input.ListenerArn)
      if (input.Certificates?.length !== 1) refuse('ValidationError', 'One certificate per call')
      one.extraCertificates.delete(input.Certificates[0]?.CertificateArn ?? '')
      return {}
    },
  }
}

function secureListener(world: World, arn: string | undefined): ListenerThing {
  const one = listenerOf(world, arn)
  if (!/^(?:HTTPS|TLS)$/.test(one.shape.Protocol ?? '')) refuse('UnsupportedProtocol', 'The listener has no TLS')
  return one
}

function oneCertificate(world: World, certificates: readonly Elb.Certificate[] | undefined): string {
  if (certificates?.length !== 1) refuse('ValidationError', 'Exactly one certificate must be given')
  if (certificates[0]?.IsDefault !== undefined) refuse('ValidationError', 'IsDefault cannot be set')
  return find(world.certificates, certificates[0]?.CertificateArn, 'CertificateNotFound', 'Certificate').arn
}

/** AWS keeps a secret that it does not say back. */
function withSecret(action: Elb.Action): Elb.Action {
  const oidc = action.AuthenticateOidcConfig
  return oidc === undefined ? action : { ...action, AuthenticateOidcConfig: { ...oidc, UseExistingClientSecret: true } }
}

function given(shape: Elb.Listener): Elb.MutualAuthenticationAttributes | undefined {
  if (shape.MutualAuthentication === undefined) return undefined
  const { TrustStoreAssociationStatus: _status, ...rest } = shape.MutualAuthentication
  if (rest.Mode !== 'verify') return { Mode: rest.Mode }
  return rest
}

function toSettings(
  world: World,
  balancer: Elb.LoadBalancer & { LoadBalancerArn: string },
  input: Settings,
  except?: string,
): Settings {
  const { Port: port = 0, Protocol: protocol } = input
  const allowed =
    balancer.Type === 'application' ? ['HTTP', 'HTTPS'] : ['TCP', 'UDP', 'TLS', 'TCP_UDP', 'QUIC', 'TCP_QUIC']
  if (protocol === undefined || !allowed.includes(protocol))
    refuse('UnsupportedProtocol', `Protocol '${protocol ?? ''}' is not supported`)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    refuse('ValidationError', `Port '${port}' must be 1 to 65535`)
  const isSecure = protocol === 'HTTPS' || protocol === 'TLS'
  const settings: Settings = {
    Port: port,
    Protocol: protocol,
    DefaultActions: toActions(
      world,
      { LoadBalancerArn: balancer.LoadBalancerArn, Protocol: protocol },
      input.DefaultActions,
      except,
    ),
  }
  if (!isSecure) {
    if ((input.Certificates ?? []).length > 0)
      refuse('ValidationError', `A certificate cannot be specified for ${protocol} listeners`)
    if (input.SslPolicy !== undefined)
      refuse('ValidationError', `An SSL policy cannot be specified for ${protocol} listeners`)
    if (input.MutualAuthentication !== undefined) refuse('ValidationError', 'Mutual authentication needs HTTPS')
    if (input.AlpnPolicy !== undefined) refuse('ValidationError', 'ALPN needs TLS')
    return settings
  }
  if ((input.Certificates ?? []).length === 0)
    refuse('ValidationError', `A certificate must be specified for ${protocol} listeners`)
  const arn = oneCertificate(
    world,
    input.Certificates?.map(({ CertificateArn }) => ({ CertificateArn })),
  )
  settings.Certificates = [{ CertificateArn: arn }]
  const policy = input.SslPolicy ?? 'ELBSecurityPolicy-2016-08'
  if (!policy.startsWith('ELBSecurityPolicy-')) refuse('SSLPolicyNotFound', `SSL policy '${policy}' not found`)
  settings.SslPolicy = policy
  if (input.AlpnPolicy !== undefined) {
    if (protocol !== 'TLS') refuse('ALPNPolicyNotSupported', 'ALPN needs TLS')
    const names = ['HTTP1Only', 'HTTP2Only', 'HTTP2Optional', 'HTTP2Preferred', 'None']
    if (input.AlpnPolicy.length !== 1 || !names.includes(input.AlpnPolicy[0] ?? ''))
      refuse('ALPNPolicyNotSupported', 'Unknown ALPN policy')
    settings.AlpnPolicy = input.AlpnPolicy
  }
  if (protocol === 'HTTPS')
    settings.MutualAuthentication = toMutual(world, balancer.LoadBalancerArn, input.MutualAuthentication, except)
  else if (input.MutualAuthentication !== undefined) refuse('ValidationError', 'Mutual authentication needs HTTPS')
  return settings
}

function toMutual(
  world: World,
  balancer: string,
  input: Elb.MutualAuthenticationAttributes | undefined,
  except: string | undefined,
): Elb.MutualAuthenticationAttributes {
  const mode = input?.Mode ?? 'off'
  if (!['off', 'passthrough', 'verify'].includes(mode)) refuse('ValidationError', `Invalid mode '${mode}'`)
  if (mode !== 'verify') {
    if (
      (input?.TrustStoreArn ?? input?.IgnoreClientCertificateExpiry ?? input?.AdvertiseTrustStoreCaNames) !== undefined
    ) {
      refuse('ValidationError', `Mode '${mode}' takes no trust store`)
    }
    return { Mode: mode }
  }
  if (!world.trustStores.has(input?.TrustStoreArn ?? '')) refuse('TrustStoreNotFound', 'The trust store was not found')
  const others = listenersOf(world, balancer).filter(
    (one) => one.shape.ListenerArn !== except && one.shape.MutualAuthentication?.Mode === 'verify',
  )
  if (others.length >= 2) refuse('TooManyTrustStores', 'Too many listeners with mutual authentication')
  return {
    Mode: mode,
    TrustStoreArn: input?.TrustStoreArn,
    IgnoreClientCertificateExpiry: input?.IgnoreClientCertificateExpiry ?? false,
    TrustStoreAssociationStatus: 'active',
    AdvertiseTrustStoreCaNames: input?.AdvertiseTrustStoreCaNames ?? 'off',
  }
}
