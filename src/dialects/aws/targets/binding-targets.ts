/** TargetGroupBindings: Services whose targets go into target groups that somebody else made (CRD of elbv2.k8s.aws). */
import type { Origin } from '../../../base/finding.ts'
import type { Inventory, InventoryTargetGroup } from '../../../aws/stack/inventory.ts'
import type { StackId, TargetAccess } from '../../../aws/stack/model.ts'
import type { ResolvedTargets } from '../../../aws/stack/target.ts'
import { matchesSelectorSpec } from '../../../kube/label-selector.ts'
import { describeObject, originOf } from '../../../kube/meta.ts'
import type { Service, TargetGroupBinding } from '../../../kube/objects.ts'
import { isCidr, quote } from '../../annotations/check-value.ts'
import { describePorts } from '../../ingress/service-port.ts'
import { podTargets } from './pod-targets.ts'
import { normalizeCidr } from '../cidr.ts'
import { instanceTargets } from './resolve-targets.ts'
import { findPort, type TargetView } from './target-view.ts'

export interface BoundTargetGroup {
  /** `namespace/name` of the TargetGroupBinding. */
  readonly binding: string
  /** `TargetGroupBinding namespace/name`, for Events. */
  readonly origin: Origin
  /** Empty when only the name is known and the inventory does not have it. */
  readonly arn: string
  readonly name: string
  readonly targetType: 'instance' | 'ip'
  readonly service: { readonly namespace: string; readonly name: string }
  readonly targets: ResolvedTargets
  /** Sources by address or group id; ports are numbers, `traffic` or `all`. */
  readonly access: readonly TargetAccess[]
  readonly isMultiCluster: boolean
}

/** Bindings that the AWS controller makes for its own target groups: those are stacks of ours. */
const DERIVED = [
  'ingress.k8s.aws/stack',
  'ingress.k8s.aws/stack-name',
  'service.k8s.aws/stack',
  'service.k8s.aws/stack-name',
]

/** True for one that the AWS controller made for a target group of its own. */
export function isDerived({ meta }: TargetGroupBinding): boolean {
  return DERIVED.some((label) => Object.hasOwn(meta.labels, label))
}

/** The stack that the AWS controller made a binding for, by its labels; `null` for a binding of somebody's own. */
export function stackOfDerived({ meta }: TargetGroupBinding): StackId | null {
  for (const kind of ['ingress', 'service'] as const) {
    const group = meta.labels[`${kind}.k8s.aws/stack`]
    if (group !== undefined) return `${kind}:${group}`
    const name = meta.labels[`${kind}.k8s.aws/stack-name`]
    if (name !== undefined) return `${kind}:${meta.labels[`${kind}.k8s.aws/stack-namespace`] ?? meta.namespace}/${name}`
  }
  return null
}

/** Where a binding's targets are registered; `null` when its target group is not known. */
export function bindingPool(
  { spec }: TargetGroupBinding,
  inventory: Inventory,
): { readonly kind: 'targetGroup'; readonly arn: string; readonly isMultiCluster: boolean } | null {
  const named = inventory.targetGroups.find(({ name }) => name === spec.targetGroupName)
  const arn = spec.targetGroupArn === '' ? (named?.arn ?? '') : spec.targetGroupArn
  return arn === '' ? null : { kind: 'targetGroup', arn, isMultiCluster: spec.isMultiCluster }
}

/** Sorted by binding. A target group that two bindings name belongs to the older one, unless both share it. */
export function bindingTargets(view: TargetView): readonly BoundTargetGroup[] {
  const owners = new Map<string, TargetGroupBinding>()
  const bound: BoundTargetGroup[] = []
  for (const binding of view.snapshot.targetGroupBindings) {
    if (binding.meta.deletionTimestamp !== undefined) continue
    if (isDerived(binding)) continue
    const group = findGroup(binding, view)
    if (group === null) continue
    const key = group.arn === '' ? group.name : group.arn
    const owner = owners.get(key)
    if (owner !== undefined && !(binding.spec.isMultiCluster && owner.spec.isMultiCluster)) {
      const message = `Cannot bind target group ${key}: ${describeObject(owner)} has it; name another one, or set multiClusterTargetGroup in both`
      view.report('AWS_BINDING_CONFLICT', message, originOf(binding, 'spec'))
      continue
    }
    owners.set(key, owner ?? binding)
    const entry = bind(binding, group, view)
    if (entry !== null) bound.push(entry)
  }
  return bound.sort((a, b) => (a.binding < b.binding ? -1 : 1))
}

function findGroup(
  { spec, ...binding }: TargetGroupBinding,
  { inventory, report }: TargetView,
): InventoryTargetGroup | null {
  const { targetGroupArn: arn, targetGroupName: name } = spec
  // Decoding has said that both are missing.
  if (arn === '' && name === '') return null
  const found = inventory.targetGroups.find((group) => (arn === '' ? group.name === name : group.arn === arn))
  if (found !== undefined) return found
  if (arn === '' && inventory.targetGroups.length > 0) {
    const message = `Cannot bind target group ${quote(name)}: there is none of that name in this account and region`
    report(
      'AWS_BINDING_INCOMPLETE',
      message,
      originOf({ ...binding, kind: 'TargetGroupBinding' }, 'spec', 'targetGroupName'),
    )
    return null
  }
  return { arn, name }
}

function bind(binding: TargetGroupBinding, group: InventoryTargetGroup, view: TargetView): BoundTargetGroup | null {
  const { spec, meta } = binding
  const service = view.snapshot.service(meta.namespace, spec.serviceName)
  if (service === undefined) {
    const message = `Cannot bind Service ${meta.namespace}/${spec.serviceName}: it does not exist; the target group keeps no targets of it`
    view.report('SERVICE_NOT_FOUND', message, originOf(binding, 'spec', 'serviceRef', 'name'))
    return null
  }
  const ref = spec.servicePort
  const port = findPort(service, ref.kind === 'number' ? String(ref.number) : ref.name)
  if (port === undefined) {
    const wanted = ref.kind === 'number' ? String(ref.number) : ref.name
    const message = `Cannot bind port ${wanted} of Service ${service.meta.name}: ${describePorts(service)}; write one of them`
    view.report('SERVICE_PORT_NOT_FOUND', message, originOf(binding, 'spec', 'serviceRef', 'port'))
    return null
  }
  const targetType = targetTypeOf(binding, group, view)
  if (targetType === null) return null
  const { nodeSelector } = spec
  const targets =
    targetType === 'ip'
      ? podTargets(service, port, spec.ipAddressType ?? group.ipAddressType ?? 'ipv4', view)
      : instanceTargets(service, port, view, (labels) =>
          nodeSelector === undefined ? true : matchesSelectorSpec(nodeSelector, labels),
        )
  return {
    binding: `${meta.namespace}/${meta.name}`,
    origin: originOf(binding),
    arn: group.arn,
    name: group.name,
    targetType,
    service: { namespace: meta.namespace, name: service.meta.name },
    targets,
    access: accessOf(binding, service, view),
    isMultiCluster: spec.isMultiCluster,
  }
}

function targetTypeOf(
  binding: TargetGroupBinding,
  group: InventoryTargetGroup,
  { report }: TargetView,
): 'instance' | 'ip' | null {
  const { targetType: written } = binding.spec
  const known = group.targetType
  if (known === undefined || known === written) {
    if (written !== undefined) return written
    const message = 'Cannot bind the target group: its target type is not known; write targetType: instance or ip'
    report('AWS_BINDING_INCOMPLETE', message, originOf(binding, 'spec'))
    return null
  }
  if (written === undefined && (known === 'instance' || known === 'ip')) return known
  const problem =
    written === undefined ? `it takes targets of type ${known}` : `targetType is ${written}, and it is of type ${known}`
  const message = `Cannot bind the target group: ${problem}; instance and ip are accepted, as the target group was made`
  report('AWS_BINDING_INCOMPLETE', message, originOf(binding, 'spec', 'targetType'))
  return null
}

/** A source that cannot be read admits nobody. No ports means all of TCP. */
function accessOf(binding: TargetGroupBinding, service: Service, { report }: TargetView): readonly TargetAccess[] {
  const access: TargetAccess[] = []
  for (const [index, { from, ports }] of binding.spec.networking.entries()) {
    const sources = from.flatMap(({ cidr, securityGroupId }, at): readonly TargetAccess['source'][] => {
      if (securityGroupId !== undefined) return [{ kind: 'securityGroup', group: securityGroupId }]
      if (cidr !== undefined && cidr.includes('/') && isCidr(cidr)) return [{ kind: 'cidr', cidr: normalizeCidr(cidr) }]
      const message = `Cannot admit ${quote(cidr ?? '')}: it is neither ipBlock.cidr nor securityGroup.groupID; this source is not admitted`
      report('FIELD_VALUE', message, originOf(binding, 'spec', 'networking', 'ingress', index, 'from', at))
      return []
    })
    const wanted = ports.length === 0 ? [{ protocol: 'TCP' as const }] : ports
    for (const source of sources) {
      for (const entry of wanted) {
        access.push({ source, protocol: entry.protocol === 'UDP' ? 'udp' : 'tcp', ports: portsOf(entry.port, service) })
      }
    }
  }
  return access
}

/** A name means the port of the pods, which is that of each target. */
function portsOf(port: number | string | undefined, service: Service): TargetAccess['ports'] {
  if (port === undefined) return 'all'
  if (typeof port === 'string' && /^\d+$/.test(port)) return Number(port)
  if (typeof port === 'number') return port
  const named = service.spec.ports.find((candidate) => candidate.name === port || candidate.targetPort === port)
  return typeof named?.targetPort === 'number' ? named.targetPort : 'traffic'
}
