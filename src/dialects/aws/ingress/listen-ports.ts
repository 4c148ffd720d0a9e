/** On which ports a group's load balancers listen, and which of them each member has its routes on. */
import type { Origin } from '../../../base/finding.ts'
import { originOf, originOfKey } from '../../../kube/meta.ts'
import { parseListenPorts } from '../../annotations/alb-listeners.ts'
import { parseBool } from '../../annotations/check-value.ts'
import type { ListenPort } from './group.ts'
import type { GroupContext } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

export interface MemberPorts {
  readonly member: LoadedMember
  /** Sorted; empty for a member that has no port left. */
  readonly ports: readonly ListenPort[]
}

export interface GroupPorts {
  /** In group order. */
  readonly members: readonly MemberPorts[]
  /** Union, sorted by port. */
  readonly ports: readonly ListenPort[]
}

const LEGACY_PORT = 'alb.ingress.kubernetes.io/port'
const LEGACY_IGNORE_HOST = 'alb.ingress.kubernetes.io/ignore-host-header'

/** A later member that wants another protocol on a port goes without that port. */
export function readPorts(context: GroupContext): GroupPorts {
  const protocols = new Map<number, { readonly protocol: ListenPort['protocol']; readonly member: LoadedMember }>()
  const members = context.group.members.map((member): MemberPorts => {
    const { ports, origin } = portsOf(member, context)
    const kept = ports.filter(({ port, protocol }) => {
      const earlier = protocols.get(port)
      if (earlier === undefined) protocols.set(port, { protocol, member })
      if (earlier === undefined || earlier.protocol === protocol) return true
      const message = `Cannot listen for ${member.name} on ${protocol} port ${port}: ${earlier.member.name} comes first in the group and listens there for ${earlier.protocol}; use a port for each protocol`
      context.report('AWS_PORT_CLASH', message, origin)
      return false
    })
    return { member, ports: kept }
  })
  return { members, ports: sortPorts([...protocols].map(([port, { protocol }]) => ({ port, protocol }))) }
}

export function sortPorts(ports: readonly ListenPort[]): readonly ListenPort[] {
  return ports.toSorted((a, b) => a.port - b.port)
}

/** The Ingress as its routes are meant: without hosts where the old `ignore-host-header` says so. */
export function withoutIgnoredHosts(member: LoadedMember, context: GroupContext): LoadedMember {
  const { ingress } = member
  const text = ingress.meta.annotations[LEGACY_IGNORE_HOST]?.trim()
  if (text === undefined || text === '') return member
  const origin = originOfKey(ingress, 'metadata', 'annotations', LEGACY_IGNORE_HOST)
  const isIgnoring = parseBool(text)
  if (isIgnoring === null) {
    const message = `Cannot use annotation ${LEGACY_IGNORE_HOST}: ${JSON.stringify(text.slice(0, 60))} is not a boolean; leave the host of the rule empty instead`
    context.report('ANNOTATION_VALUE', message, origin)
    return member
  }
  reportLegacy(context, LEGACY_IGNORE_HOST, 'leave the host of the rule empty instead', origin)
  if (!isIgnoring) return member
  const rules = ingress.spec.rules.map((rule) => ({ ...rule, host: '' }))
  return { ...member, ingress: { ...ingress, spec: { ...ingress.spec, rules } } }
}

/** An annotation of the controller of 2017 that has no name of today with the same value. */
export function reportLegacy(context: GroupContext, name: string, instead: string, origin: Origin): void {
  context.report('ANNOTATION_LEGACY', `Annotation ${name} is an old one that is still read; ${instead}`, origin)
}

function portsOf(
  member: LoadedMember,
  context: GroupContext,
): { readonly ports: readonly ListenPort[]; readonly origin: Origin } {
  const { ingress, params } = member
  const listeners = params?.spec.listeners
  if (params !== null && listeners !== undefined && listeners.length > 0) {
    const origin = originOf(params, 'spec', 'listeners')
    const ports = new Map<number, ListenPort>()
    for (const { protocol, port } of listeners) {
      if ((protocol === 'HTTP' || protocol === 'HTTPS') && port > 0 && !ports.has(port))
        ports.set(port, { protocol, port })
      else {
        const message = `Cannot use the listener "${protocol.slice(0, 20)}" ${port} of IngressClassParams ${params.meta.name}: accepted are HTTP and HTTPS with a port from 1 to 65535, each port once`
        context.report('AWS_CLASS_PARAMS', message, origin)
      }
    }
    if (ports.size > 0) return { ports: sortPorts([...ports.values()]), origin }
  }
  const written = context.reader.text([ingress], 'listen-ports')
  if (written.kind === 'value') {
    const parsed = parseListenPorts(written.value)
    if (parsed.ok) return { ports: sortPorts(parsed.listeners), origin: written.origin }
  }
  const hasCertificate =
    (params?.spec.certificateArn ?? []).length > 0 ||
    context.reader.list([ingress], 'certificate-arn').kind !== 'absent'
  const protocol = hasCertificate ? 'HTTPS' : 'HTTP'
  const legacy = legacyPort(member, context)
  if (legacy !== null) return { ports: [{ protocol, port: legacy.port }], origin: legacy.origin }
  return {
    ports: [{ protocol, port: hasCertificate ? 443 : 80 }],
    origin: originOf(ingress, 'metadata', 'annotations'),
  }
}

function legacyPort(
  { ingress }: LoadedMember,
  context: GroupContext,
): { readonly port: number; readonly origin: Origin } | null {
  const text = ingress.meta.annotations[LEGACY_PORT]?.trim()
  if (text === undefined) return null
  const origin = originOfKey(ingress, 'metadata', 'annotations', LEGACY_PORT)
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) {
    const message = `Cannot use annotation ${LEGACY_PORT}: ${JSON.stringify(text.slice(0, 60))} is not a port; write listen-ports: '[{"HTTP": PORT}]'`
    context.report('ANNOTATION_VALUE', message, origin)
    return null
  }
  reportLegacy(context, LEGACY_PORT, `write listen-ports: '[{"HTTP": ${port}}]'`, origin)
  return { port, origin }
}
