/** Listeners of an NLB and the target groups behind them. */
import type { Listener, Ref, TargetGroup } from '../../../aws/stack/model.ts'
import type { RuleAction } from '../../../aws/stack/rule.ts'
import { originOf } from '../../../kube/meta.ts'
import { describePorts } from '../../ingress/service-port.ts'
import { valueOr } from '../annotation-reader.ts'
import { findPort } from '../targets/target-view.ts'
import { NLB_LISTENER_ATTRIBUTES } from '../attribute-values.ts'
import { isUsable } from './usable-attribute.ts'
import type { PlannedListener } from './listener-plan.ts'
import { sortKeys } from './nlb-attributes.ts'
import { type GroupKind, targetGroupOf } from './nlb-target-groups.ts'
import { LB, originOfPort, reportLonely, reportValue, type ServiceContext } from './service-context.ts'
import type { TlsSettings } from './tls-settings.ts'
import { findListener, readActions, type WeightedAction, type WeightedTarget } from './weighted-action.ts'

export interface NlbListeners {
  /** Sorted by port. */
  readonly listeners: readonly Listener[]
  /** Sorted by id. */
  readonly targetGroups: readonly TargetGroup[]
}

/** An NLB has stickiness between target groups on or off; the API takes a duration with it all the same. */
const STICKINESS_SECONDS = 3600

export function buildListeners(
  context: ServiceContext,
  planned: readonly PlannedListener[],
  tls: TlsSettings,
  kind: GroupKind,
): NlbListeners {
  const groups = new Map<string, TargetGroup>()
  const actions = readActions(context, planned)
  reportListenerless(context, planned)
  const listeners = planned.map(({ usable: { port, index }, protocol, groupProtocol }): Listener => {
    const base = targetGroupOf(context, port, groupProtocol, kind)
    groups.set(base.id, base)
    const weighted = actions.get(port.port)
    if (weighted?.isSticky === true && protocol === 'TLS') {
      reportValue(
        context,
        weighted,
        'listeners with TLS do not keep clients with a target group; remove the stickiness',
      )
    }
    const action =
      weighted === undefined
        ? null
        : weightedForward(context, protocol === 'TLS' ? { ...weighted, isSticky: false } : weighted, base, groups, kind)
    return {
      id: String(port.port),
      origins: [originOfPort(context, index), ...(weighted === undefined ? [] : [weighted.origin])],
      loadBalancer: { ref: 'LoadBalancer/LoadBalancer' },
      port: port.port,
      protocol,
      defaultActions: [
        action ?? { type: 'forward', targetGroups: [{ targetGroup: { ref: `TargetGroup/${base.id}` }, weight: 1 }] },
      ],
      ...(protocol === 'TLS' ? tlsOf(context, tls) : { certificates: [] }),
      attributes: attributesOf(context, protocol, port.port, port.protocol),
      tags: kind.tags,
    }
  })
  reportAlpn(context, planned)
  return {
    listeners: listeners.sort((a, b) => a.port - b.port),
    targetGroups: [...groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

function tlsOf(
  { reader, service, options }: ServiceContext,
  { certificates, policy }: TlsSettings,
): Pick<Listener, 'certificates' | 'sslPolicy' | 'alpnPolicy'> {
  const [first, ...others] = certificates
  return {
    certificates: first === undefined ? [] : [first, ...others.sort()],
    sslPolicy: policy ?? options.defaultSslPolicy,
    alpnPolicy: valueOr(reader.text([service], `${LB}alpn-policy`), 'None'),
  }
}

function reportAlpn(context: ServiceContext, planned: readonly PlannedListener[]): void {
  if (planned.some(({ protocol }) => protocol === 'TLS')) return
  reportLonely(context, context.reader.text([context.service], `${LB}alpn-policy`), `${LB}ssl-cert`)
}

/** Of the listener's protocol, or of that of the Service's port. */
function attributesOf(
  context: ServiceContext,
  protocol: Listener['protocol'],
  port: number,
  portProtocol: string,
): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {}
  for (const one of new Set([portProtocol, protocol])) {
    const reading = context.reader.map([context.service], `${LB}listener-attributes.${one}-${port}`)
    for (const [key, value] of Object.entries(valueOr(reading, {}))) {
      if (!isUsable(context, reading, key, value, NLB_LISTENER_ATTRIBUTES)) continue
      // Listeners of plain TCP alone have a timeout to set.
      if (protocol === 'TCP') attributes[key] = value
      else if (reading.kind === 'value') {
        reportValue(context, reading, `listeners of ${protocol} do not have ${key}, only those of TCP; remove it`)
      }
    }
  }
  return sortKeys(attributes)
}

function reportListenerless(context: ServiceContext, planned: readonly PlannedListener[]): void {
  const { service, reader } = context
  const prefix = reader.fullName(`${LB}listener-attributes.`)
  for (const key of Object.keys(service.meta.annotations).sort()) {
    if (!key.startsWith(prefix) || findListener(planned, key.slice(prefix.length)) !== undefined) continue
    const reading = reader.map([service], key.slice(reader.fullName('').length))
    reportLonely(context, reading, `a listener ${key.slice(prefix.length)}`)
  }
}

/** What cannot be found takes no share; the rest goes on. */
function weightedForward(
  context: ServiceContext,
  action: WeightedAction,
  base: TargetGroup,
  groups: Map<string, TargetGroup>,
  kind: GroupKind,
): RuleAction {
  const shares: { targetGroup: Ref; weight: number }[] = [
    { targetGroup: { ref: `TargetGroup/${base.id}` }, weight: action.baseWeight },
  ]
  for (const target of action.others) {
    const targetGroup = findGroup(context, action, target, base.protocol, groups, kind)
    if (targetGroup !== null) shares.push({ targetGroup, weight: target.weight })
  }
  if (shares.length === 1) shares[0] = { targetGroup: { ref: `TargetGroup/${base.id}` }, weight: 1 }
  return {
    type: 'forward',
    targetGroups: shares,
    ...(action.isSticky ? { stickinessSeconds: STICKINESS_SECONDS } : {}),
  }
}

function findGroup(
  context: ServiceContext,
  { name, origin }: WeightedAction,
  target: WeightedTarget,
  protocol: TargetGroup['protocol'],
  groups: Map<string, TargetGroup>,
  kind: GroupKind,
): Ref | null {
  const { service, snapshot, report, options } = context
  if (target.kind === 'arn') return target.arn
  if (target.kind === 'name') {
    const found = options.inventory.targetGroups.find((group) => group.name === target.name)
    if (found !== undefined) return found.arn
    reportValue(
      context,
      { name, origin },
      `there is no target group ${target.name.slice(0, 60)}; write the name of one, or its ARN`,
    )
    return null
  }
  const other = snapshot.service(service.meta.namespace, target.name)
  if (other === undefined) {
    const message = `Cannot forward to Service ${target.name.slice(0, 63)}: there is none in namespace ${service.meta.namespace}; it gets no connections`
    report('SERVICE_NOT_FOUND', message, origin)
    return null
  }
  const port = findPort(other, target.port, protocol)
  if (port === undefined) {
    const message = `Cannot forward to port ${target.port.slice(0, 63)} of Service ${target.name}: ${describePorts(other)}; it gets no connections`
    report('SERVICE_PORT_NOT_FOUND', message, origin)
    return null
  }
  if (kind.targetType === 'instance' && port.nodePort === 0 && other.source === undefined) {
    const message = `Cannot forward to Service ${target.name}: port ${port.port} has no nodePort; make it NodePort, or use the target type ip`
    report('AWS_NODE_PORT_MISSING', message, originOf(other, 'spec', 'ports'))
    return null
  }
  const group = targetGroupOf(context, port, protocol, kind, other)
  const taken = groups.get(group.id)
  const id = taken === undefined || taken.name === group.name ? group.id : `${group.id}-${protocol}`
  groups.set(id, { ...group, id })
  return { ref: `TargetGroup/${id}` }
}
