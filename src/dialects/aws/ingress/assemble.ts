/** One load balancer of a group with its listeners and rules, from what was decided about them. */
import type { Listener, ListenerRule, LoadBalancer, MutualAuthentication, Ref, Tags } from '../../../aws/stack/model.ts'
import { originOf } from '../../../kube/meta.ts'
import type { BalancerSettings } from './balancer-settings.ts'
import { placeBalancer, readSubnetWish } from './balancer-subnets.ts'
import { type MemberCertificates, listenerCertificates } from './certificates.ts'
import type { GroupContext } from './group-context.ts'
import type { GroupPorts } from './listen-ports.ts'
import { listenerAttributesOf, sslPolicyOf } from './listener-settings.ts'
import type { LoadedMember } from './load-groups.ts'
import type { GroupRouting } from './routing.ts'

/** `null`, with a finding, where it cannot be placed in subnets. */
export function buildBalancer(
  context: GroupContext,
  settings: BalancerSettings,
  name: string,
  ordinal: number,
  securityGroups: readonly Ref[],
  tags: Tags,
  members: readonly LoadedMember[],
): LoadBalancer | null {
  const { scheme, ipAddressType, attributes, extras } = settings
  const request = { type: 'application', scheme, needsIpv6: ipAddressType !== 'ipv4', name } as const
  const wish = readSubnetWish(context, 'subnets', request)
  const subnets = wish === null ? null : placeBalancer(context, wish, request)
  if (subnets === null) return null
  return {
    id: ordinal === 1 ? 'LoadBalancer' : `${ordinal}/LoadBalancer`,
    origins: members.map(({ ingress }) => originOf(ingress)),
    name,
    type: 'application',
    scheme,
    ipAddressType,
    subnets: subnets.map(({ id }) => ({ subnetId: id })),
    securityGroups,
    attributes,
    tags,
    ...extras,
  }
}

export interface ListenerParts {
  readonly mutualTls: ReadonlyMap<number, MutualAuthentication>
  readonly certificates: readonly MemberCertificates[]
  readonly tags: Tags
}

/** In the order of ports. */
export function toListeners(
  context: GroupContext,
  ports: GroupPorts,
  routing: GroupRouting,
  loadBalancer: LoadBalancer,
  { mutualTls, certificates, tags }: ListenerParts,
): readonly Listener[] {
  return routing.ports.map(({ port, protocol, defaultActions }) => {
    const there = ports.members
      .filter(({ ports: own }) => own.some((one) => one.port === port))
      .map(({ member }) => member)
    const authentication = mutualTls.get(port)
    return {
      id: listenerId(loadBalancer, port),
      origins: there.filter((member) => originsInclude(loadBalancer, member)).map(({ ingress }) => originOf(ingress)),
      loadBalancer: { ref: `LoadBalancer/${loadBalancer.id}` },
      port,
      protocol,
      defaultActions,
      certificates:
        protocol === 'HTTPS' ? listenerCertificates(certificates.filter(({ member }) => there.includes(member))) : [],
      ...(protocol === 'HTTPS' ? { sslPolicy: sslPolicyOf(context, ports, port) } : {}),
      ...(protocol === 'HTTPS' && authentication !== undefined ? { mutualAuthentication: authentication } : {}),
      attributes: listenerAttributesOf(context, ports, { port, protocol }),
      tags,
    }
  })
}

function originsInclude({ origins }: LoadBalancer, member: LoadedMember): boolean {
  return origins.some(({ object }) => object === member.name)
}

function listenerId({ id }: LoadBalancer, port: number): string {
  const slash = id.indexOf('/')
  return slash < 0 ? String(port) : `${id.slice(0, slash)}/${port}`
}

/** Priorities count from 1 on every listener. */
export function toRules(routing: GroupRouting, loadBalancer: LoadBalancer): readonly ListenerRule[] {
  return routing.ports.flatMap(({ port, rules }) => {
    const listener = listenerId(loadBalancer, port)
    return rules.map(({ member: _member, ...rule }, index) => ({
      ...rule,
      id: `${listener}:${index + 1}`,
      listener: { ref: `Listener/${listener}` as const },
      priority: index + 1,
    }))
  })
}
