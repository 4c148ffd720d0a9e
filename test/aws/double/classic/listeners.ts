import type * as Classic from '@aws-sdk/client-elastic-load-balancing'
import { refuse } from '../refusal.ts'
import { find, type ClassicThing, type Handlers, type World } from '../world.ts'

export type ClassicListenerActions =
  | 'elb:CreateLoadBalancerListeners'
  | 'elb:DeleteLoadBalancerListeners'
  | 'elb:DescribeLoadBalancerPolicies'
  | 'elb:CreateLoadBalancerPolicy'
  | 'elb:DeleteLoadBalancerPolicy'
  | 'elb:SetLoadBalancerPoliciesOfListener'
  | 'elb:SetLoadBalancerPoliciesForBackendServer'
  | 'elb:SetLoadBalancerListenerSSLCertificate'

export function classicListenerHandlers(world: World): Handlers<ClassicListenerActions> {
  const get = (name: string | undefined): ClassicThing =>
    find(world.classic, name, 'AccessPointNotFound', 'There is no active load balancer named')
  const listener = (one: ClassicThing, port: number | undefined): Classic.ListenerDescription =>
    (one.shape.ListenerDescriptions ?? []).find((item) => item.Listener?.LoadBalancerPort === port) ??
    refuse('ListenerNotFound', `The load balancer has no listener on port ${port ?? ''}`)

  return {
    'elb:CreateLoadBalancerListeners': (input) => {
      const { shape } = get(input.LoadBalancerName)
      for (const wished of input.Listeners ?? []) {
        const made = toListener(world, wished)
        const old = shape.ListenerDescriptions?.find(
          (item) => item.Listener?.LoadBalancerPort === wished.LoadBalancerPort,
        )
        if (old !== undefined) {
          if (JSON.stringify(old.Listener) === JSON.stringify(made.Listener)) continue
          refuse(
            'DuplicateListener',
            `A listener already exists with port ${wished.LoadBalancerPort ?? ''}, but with different settings`,
          )
        }
        shape.ListenerDescriptions?.push(made)
      }
      return {}
    },
    'elb:DeleteLoadBalancerListeners': (input) => {
      const { shape } = get(input.LoadBalancerName)
      shape.ListenerDescriptions = (shape.ListenerDescriptions ?? []).filter(
        (item) => !(input.LoadBalancerPorts ?? []).includes(item.Listener?.LoadBalancerPort ?? 0),
      )
      // Policies of instance ports that no listener has any more go too.
      const ports = new Set(shape.ListenerDescriptions.map((item) => item.Listener?.InstancePort))
      shape.BackendServerDescriptions = (shape.BackendServerDescriptions ?? []).filter((item) =>
        ports.has(item.InstancePort),
      )
      return {}
    },
    'elb:DescribeLoadBalancerPolicies': (input) => {
      const { policies } = get(input.LoadBalancerName)
      for (const name of input.PolicyNames ?? [])
        if (!policies.has(name)) refuse('PolicyNotFound', `There is no policy '${name}'`)
      return {
        PolicyDescriptions: [...policies.values()].filter(
          (one) => input.PolicyNames === undefined || input.PolicyNames.includes(one.PolicyName ?? ''),
        ),
      }
    },
    'elb:CreateLoadBalancerPolicy': (input) => {
      const { policies, shape } = get(input.LoadBalancerName)
      const { PolicyName: name = '', PolicyTypeName: type, PolicyAttributes: attributes = [] } = input
      if (policies.has(name)) refuse('DuplicatePolicyName', `Policy '${name}' already exists`)
      if (type !== 'ProxyProtocolPolicyType' && type !== 'SSLNegotiationPolicyType') {
        refuse('PolicyTypeNotFound', `Policy type '${type ?? ''}' not found`)
      }
      policies.set(name, {
        PolicyName: name,
        PolicyTypeName: type,
        PolicyAttributeDescriptions: attributes.map(({ AttributeName, AttributeValue }) => ({
          AttributeName,
          AttributeValue,
        })),
      })
      shape.Policies?.OtherPolicies?.push(name)
      return {}
    },
    'elb:DeleteLoadBalancerPolicy': (input) => {
      const { policies, shape } = get(input.LoadBalancerName)
      const name = input.PolicyName ?? ''
      const isUsed =
        (shape.ListenerDescriptions ?? []).some((item) => item.PolicyNames?.includes(name)) ||
        (shape.BackendServerDescriptions ?? []).some((item) => item.PolicyNames?.includes(name))
      if (isUsed) refuse('InvalidConfigurationRequest', `Policy '${name}' is in use`)
      policies.delete(name)
      if (shape.Policies !== undefined)
        shape.Policies.OtherPolicies = shape.Policies.OtherPolicies?.filter((one) => one !== name)
      return {}
    },
    'elb:SetLoadBalancerPoliciesOfListener': (input) => {
      const one = get(input.LoadBalancerName)
      const item = listener(one, input.LoadBalancerPort)
      for (const name of input.PolicyNames ?? []) {
        if (!one.policies.has(name)) refuse('PolicyNotFound', `There is no policy '${name}'`)
        if (!/^(?:SSL|HTTPS)$/.test(item.Listener?.Protocol ?? ''))
          refuse('InvalidConfigurationRequest', 'Only SSL and HTTPS listeners have such policies')
      }
      item.PolicyNames = input.PolicyNames ?? []
      return {}
    },
    'elb:SetLoadBalancerPoliciesForBackendServer': (input) => {
      const one = get(input.LoadBalancerName)
      const { InstancePort: port, PolicyNames: names = [] } = input
      const isPort = (one.shape.ListenerDescriptions ?? []).some((item) => item.Listener?.InstancePort === port)
      if (!isPort) refuse('InvalidConfigurationRequest', `No listener has the instance port ${port ?? ''}`)
      for (const name of names) if (!one.policies.has(name)) refuse('PolicyNotFound', `There is no policy '${name}'`)
      const others = (one.shape.BackendServerDescriptions ?? []).filter((item) => item.InstancePort !== port)
      one.shape.BackendServerDescriptions =
        names.length === 0 ? others : [...others, { InstancePort: port, PolicyNames: names }]
      return {}
    },
    'elb:SetLoadBalancerListenerSSLCertificate': (input) => {
      const item = listener(get(input.LoadBalancerName), input.LoadBalancerPort)
      find(world.certificates, input.SSLCertificateId, 'CertificateNotFound', 'Server certificate')
      if (item.Listener !== undefined) item.Listener.SSLCertificateId = input.SSLCertificateId
      return {}
    },
  }
}

export function toListener(world: World, listener: Classic.Listener): Classic.ListenerDescription {
  const { Protocol: protocol = '', LoadBalancerPort: port = 0, InstancePort: instancePort = 0 } = listener
  const instanceProtocol = listener.InstanceProtocol ?? protocol
  if (
    !['HTTP', 'HTTPS', 'TCP', 'SSL'].includes(protocol) ||
    !['HTTP', 'HTTPS', 'TCP', 'SSL'].includes(instanceProtocol)
  ) {
    refuse('ValidationError', `Invalid protocol '${protocol}'`)
  }
  const isHttp = (text: string) => text.startsWith('HTTP')
  if (isHttp(protocol) !== isHttp(instanceProtocol))
    refuse('ValidationError', 'Both protocols must be of the same layer')
  if (port < 1 || port > 65_535 || instancePort < 1 || instancePort > 65_535) refuse('ValidationError', 'Invalid port')
  const isSecure = protocol === 'HTTPS' || protocol === 'SSL'
  const certificate = listener.SSLCertificateId
  if (isSecure) find(world.certificates, certificate, 'CertificateNotFound', 'Server certificate')
  else if (certificate !== undefined)
    refuse('InvalidConfigurationRequest', `A ${protocol} listener takes no certificate`)
  return {
    Listener: {
      Protocol: protocol,
      LoadBalancerPort: port,
      InstanceProtocol: instanceProtocol,
      InstancePort: instancePort,
      ...(certificate === undefined ? {} : { SSLCertificateId: certificate }),
    },
    // AWS gives secure listeners a predefined policy that is not in the list of policies.
    PolicyNames: isSecure ? ['ELBSecurityPolicy-2016-08'] : [],
  }
}
