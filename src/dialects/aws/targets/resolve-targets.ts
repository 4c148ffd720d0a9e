/**
 * Who the targets of a target group are now. Runs on every change of an endpoint, so it looks at
 * the Service's own slices and at what is remembered about nodes, and at nothing else.
 */
import type { ClassicLoadBalancer, TargetGroup } from '../../../aws/stack/model.ts'
import type { ResolvedTargets, Target } from '../../../aws/stack/target.ts'
import { originOf } from '../../../kube/meta.ts'
import type { Service, ServicePort } from '../../../kube/objects.ts'
import { describePorts } from '../../ingress/service-port.ts'
import { type EligibleNodes, eligibleNodes, hasLabels } from './nodes.ts'
import { podTargets } from './pod-targets.ts'
import { findPort, type TargetView } from './target-view.ts'

const NO_TARGETS: ResolvedTargets = { targets: [], pods: {}, nodes: {}, isFailOpen: false }

/** What of a target group decides about its targets. */
export type TargetFacts = Pick<TargetGroup, 'targets' | 'targetType' | 'ipAddressType' | 'protocol'>

/** Targets of kind `loadBalancer` are known to the driver alone: there are none of them here. */
export function resolveTargets(group: TargetFacts, view: TargetView): ResolvedTargets {
  const source = group.targets
  if (source.kind === 'loadBalancer') return NO_TARGETS
  const service = view.snapshot.service(source.namespace, source.name)
  if (service === undefined) return NO_TARGETS
  const port = findPort(service, source.port, group.protocol)
  if (port === undefined) {
    const message = `Cannot register targets of port ${source.port}: ${describePorts(service)}; write one of them`
    view.report('SERVICE_PORT_NOT_FOUND', message, originOf(service, 'spec', 'ports'))
    return NO_TARGETS
  }
  if (group.targetType === 'ip') return podTargets(service, port, group.ipAddressType, view)
  const { nodeLabels } = source
  return instanceTargets(service, port, view, (labels) => hasLabels(labels, nodeLabels))
}

/** Instances of all eligible nodes that `isWanted`; with the policy Local, nodes without a pod fail their health check. */
export function instanceTargets(
  service: Service,
  port: ServicePort,
  view: TargetView,
  isWanted: (labels: Readonly<Record<string, string>>) => boolean,
): ResolvedTargets {
  if (port.nodePort === 0 && !getsNodePort(service)) {
    const index = service.spec.ports.indexOf(port)
    const message =
      `Cannot register instances for port ${port.port}: it has no nodePort; make the Service NodePort or LoadBalancer ` +
      'with node ports, or use the target type ip'
    view.report('AWS_NODE_PORT_MISSING', message, originOf(service, 'spec', 'ports', index), 'error')
    return NO_TARGETS
  }
  // The API server is about to choose one; a plan from manifests shows the instances without it.
  if (port.nodePort === 0 && service.source === undefined) return NO_TARGETS
  const eligible = nodesOf(view)
  const targets: Target[] = []
  const nodes: Record<string, string> = {}
  for (const { name, instanceId, labels } of eligible.nodes) {
    if (!isWanted(labels)) continue
    targets.push({ id: instanceId, port: port.nodePort })
    nodes[`${instanceId}:${port.nodePort}`] = name
  }
  return { targets, pods: {}, nodes, isFailOpen: eligible.isFailOpen }
}

/** Ids of the instances behind a Classic Load Balancer, sorted. */
export function resolveClassicInstances(
  balancer: Pick<ClassicLoadBalancer, 'nodeLabels'>,
  view: TargetView,
): readonly string[] {
  return nodesOf(view)
    .nodes.filter(({ labels }) => hasLabels(labels, balancer.nodeLabels))
    .map(({ instanceId }) => instanceId)
}

function nodesOf({ snapshot, inventory, report }: TargetView): EligibleNodes {
  const eligible = eligibleNodes(snapshot.nodes, inventory.nodes)
  for (const { code, message, origin, severity } of eligible.findings) report(code, message, origin, severity)
  return eligible
}

/** True for a Service whose node ports the API server chooses when they are not written. */
function getsNodePort({ spec }: Service): boolean {
  if (spec.type === 'LoadBalancer') return spec.allocateLoadBalancerNodePorts !== false
  return spec.type === 'NodePort'
}
