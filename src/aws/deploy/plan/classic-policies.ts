/** Policies of Classic Load Balancers: TLS of listeners, PROXY protocol of instance ports. */
import type { ClassicListener, ClassicLoadBalancer } from '../../stack/model.ts'
import { PROXY_PROTOCOL_POLICY, SSL_POLICY_PREFIX } from '../observe/from-classic.ts'
import type { Entry } from './book.ts'
import type { StackContext } from './stack-context.ts'

type Call = Pick<Entry, 'action' | 'input' | 'summary'> & Partial<Pick<Entry, 'after' | 'outage' | 'event'>>

/** Brings the PROXY protocol to ports that lack it, or takes it from all. */
export function planProxies(
  context: StackContext,
  desired: ClassicLoadBalancer,
  spec: ClassicLoadBalancer,
  removed: readonly ClassicListener[],
  after: readonly string[],
): void {
  if (desired.sendsProxyProtocol === spec.sendsProxyProtocol) {
    if (!desired.sendsProxyProtocol) return
    // Ports that are new, or that lost their policy with their listener.
    const lost = new Set(removed.map((one) => one.instancePort))
    const before = new Set(spec.listeners.map((one) => one.instancePort))
    const missing = portsOf(desired).filter((port) => !before.has(port) || lost.has(port))
    if (missing.length > 0) planProxyProtocol(context, desired, missing, after)
  } else if (desired.sendsProxyProtocol) planProxyProtocol(context, desired, portsOf(desired), after)
  else {
    for (const port of portsOf(desired)) setBackendPolicy(context, desired, port, [], after)
  }
}

/** Sends the PROXY protocol to these instance ports, with its policy made where there is none. */
export function planProxyProtocol(
  context: StackContext,
  desired: ClassicLoadBalancer,
  ports: readonly number[],
  after: readonly string[],
): void {
  const created = policiesOf(context, desired).includes(PROXY_PROTOCOL_POLICY)
    ? []
    : [
        adder(context, desired)('proxy policy', {
          action: 'elb:CreateLoadBalancerPolicy',
          input: {
            LoadBalancerName: desired.name,
            PolicyName: PROXY_PROTOCOL_POLICY,
            PolicyTypeName: 'ProxyProtocolPolicyType',
            PolicyAttributes: [{ AttributeName: 'ProxyProtocol', AttributeValue: 'true' }],
          },
          after,
          summary: `create policy ${PROXY_PROTOCOL_POLICY} of ${desired.name}`,
        }),
      ]
  for (const port of ports) setBackendPolicy(context, desired, port, [PROXY_PROTOCOL_POLICY], [...after, ...created])
}

function setBackendPolicy(
  context: StackContext,
  desired: ClassicLoadBalancer,
  port: number,
  names: readonly string[],
  after: readonly string[],
): void {
  adder(context, desired)(`proxy protocol of ${port}`, {
    action: 'elb:SetLoadBalancerPoliciesForBackendServer',
    input: { LoadBalancerName: desired.name, InstancePort: port, PolicyNames: names },
    after,
    summary: `${names.length === 0 ? 'send no' : 'send the'} PROXY protocol to port ${port} of ${desired.name}`,
    event: { reason: 'MODIFY', message: `${desired.name} modified` },
  })
}

/**
 * TLS policies of these listeners.
 *
 * @param hadOne they have a policy of ours, which one without a wish has to lose
 */
export function planPolicies(
  context: StackContext,
  desired: ClassicLoadBalancer,
  listeners: readonly ClassicListener[],
  after: readonly string[],
  hadOne: boolean,
): void {
  const add = adder(context, desired)
  const present = policiesOf(context, desired)
  for (const { port, protocol, sslPolicy } of listeners) {
    if (protocol !== 'SSL' && protocol !== 'HTTPS') continue
    if (sslPolicy === undefined) {
      if (!hadOne) continue
      add(`policy of ${port}`, {
        action: 'elb:SetLoadBalancerPoliciesOfListener',
        input: { LoadBalancerName: desired.name, LoadBalancerPort: port, PolicyNames: [] },
        after,
        summary: `set no TLS policy of port ${port} of ${desired.name}`,
      })
      continue
    }
    const name = `${SSL_POLICY_PREFIX}${sslPolicy}`
    const made = present.includes(name) ? [] : [createPolicy(context, desired, name, sslPolicy, after)]
    add(`policy of ${port}`, {
      action: 'elb:SetLoadBalancerPoliciesOfListener',
      input: { LoadBalancerName: desired.name, LoadBalancerPort: port, PolicyNames: [name] },
      after: [...after, ...made],
      summary: `set TLS policy ${sslPolicy} of port ${port} of ${desired.name}`,
      event: { reason: 'MODIFY', message: `${port} listener modified` },
    })
  }
}

/** Once in a plan, whoever needs it. @returns id of the operation */
function createPolicy(
  context: StackContext,
  desired: ClassicLoadBalancer,
  name: string,
  sslPolicy: string,
  after: readonly string[],
): string {
  const { book, id: stack } = context
  const part = `policy ${sslPolicy}`
  const known = book.about(stack, `ClassicLoadBalancer/${desired.id}`).find((id) => id.endsWith(` ${part}`))
  if (known !== undefined) return known
  return adder(context, desired)(part, {
    action: 'elb:CreateLoadBalancerPolicy',
    input: {
      LoadBalancerName: desired.name,
      PolicyName: name,
      PolicyTypeName: 'SSLNegotiationPolicyType',
      PolicyAttributes: [{ AttributeName: 'Reference-Security-Policy', AttributeValue: sslPolicy }],
    },
    after,
    summary: `create policy ${name} of ${desired.name}`,
  })
}

/** Of one that exists and stays. */
function policiesOf({ observed, match }: StackContext, { name, id }: ClassicLoadBalancer): readonly string[] {
  const stays = match.classicLoadBalancers.pairs.some(({ desired }) => desired.id === id)
  return stays ? (observed.classicPolicies?.get(name) ?? []) : []
}

/** Writes operations about one load balancer. */
export function adder(
  { book, id: stack }: StackContext,
  desired: ClassicLoadBalancer,
): (part: string, call: Call) => string {
  return (part, call) =>
    book.add({
      stack,
      resource: `ClassicLoadBalancer/${desired.id}`,
      verb: 'modify',
      part,
      ...call,
      origins: desired.origins,
    })
}

/** Instance ports, each once, sorted. */
export function portsOf({ listeners }: ClassicLoadBalancer): readonly number[] {
  return [...new Set(listeners.map((one) => one.instancePort))].sort((a, b) => a - b)
}
