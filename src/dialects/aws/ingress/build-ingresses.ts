/** Stacks of load balancers from Ingresses: one for each group. */
import type { AwsStack, ResourceKey, StackId } from '../../../aws/stack/model.ts'
import { compareText } from '../../../base/finding.ts'
import { describeObject, originOf } from '../../../kube/meta.ts'
import type { Ingress } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import { AWS_ALB } from '../../annotations/aws-alb.ts'
import type { Report } from '../../report.ts'
import { createAnnotationReader } from '../annotation-reader.ts'
import type { AwsOptions, BuiltStacks } from '../options.ts'
import { backendSecurityGroup } from '../shared-stack.ts'
import type { BalancerSettings } from './balancer-settings.ts'
import { buildGroup } from './build-group.ts'
import { createRefusals, createUnreadParts } from './group-context.ts'
import { type LoadedGroup, loadGroups } from './load-groups.ts'
import { selectIngresses } from './select-ingresses.ts'

/**
 * Never throws; what is wrong with one Ingress harms that Ingress alone.
 *
 * @param takenNames load balancers' names that are taken, and by whom; names given here are added
 */
export function buildIngressStacks(
  snapshot: Snapshot,
  options: AwsOptions,
  report: Report,
  takenNames: Map<string, string> = new Map(),
): BuiltStacks {
  const reader = createAnnotationReader(AWS_ALB, report)
  const { selected, skipped } = selectIngresses(snapshot, options, report)
  const { groups, refused } = loadGroups(selected, options, reader, report)
  const stacks: AwsStack[] = []
  const stackOf = new Map<string, StackId>()
  const unbuilt = new Set<StackId>()
  const held: AwsStack[] = []
  const loadBalancersOf = new Map<string, readonly ResourceKey[]>()
  const names = createNames(takenNames, report)
  const backend = backendSecurityGroup(options)
  for (const group of groups.toSorted(compareGroupAge)) {
    const id: StackId = `ingress:${group.id}`
    const context = {
      group,
      snapshot,
      options,
      report,
      reader,
      refusals: createRefusals(report),
      unread: createUnreadParts(options.inventory.unread ?? [], report),
    }
    const built = buildGroup(context, backend, (settings, generated, ordinal) =>
      names.take(group, settings, generated, ordinal),
    )
    for (const { name } of group.members) stackOf.set(name, id)
    for (const [name, keys] of built.loadBalancersOf) loadBalancersOf.set(name, keys)
    if (built.held !== null) held.push(built.held)
    if (built.stack === null) unbuilt.add(id)
    else stacks.push(built.stack)
  }
  for (const ingress of [...skipped, ...refused]) {
    for (const id of stacksOnce(ingress)) {
      if (!stacks.some((stack) => stack.id === id)) unbuilt.add(id)
      stackOf.set(describeObject(ingress), id)
    }
  }
  return { stacks, stackOf, unbuilt: [...unbuilt].sort(compareText), held, loadBalancersOf }
}

/** Where an Ingress that is in no group now was before, as its finalizers tell; nowhere, where we never held it. */
function stacksOnce({ meta }: Ingress): readonly StackId[] {
  const prefix = 'group.ingress.k8s.aws/'
  return (meta.finalizers ?? []).flatMap((name): readonly StackId[] => {
    if (name === 'ingress.k8s.aws/resources') return [`ingress:${meta.namespace}/${meta.name}`]
    return name.startsWith(prefix) ? [`ingress:${name.slice(prefix.length)}`] : []
  })
}

/** The group with the oldest member comes first: it keeps a name that two want. */
function compareGroupAge(a: LoadedGroup, b: LoadedGroup): number {
  const ageOf = ({ members }: LoadedGroup): string =>
    members.map(({ ingress }) => ingress.meta.creationTimestamp || '~').reduce((x, y) => (x < y ? x : y))
  return compareText(ageOf(a), ageOf(b)) || compareText(a.id, b.id)
}

/** Names are unique among the load balancers of an account and region. */
function createNames(
  taken: Map<string, string>,
  report: Report,
): {
  take(group: LoadedGroup, settings: BalancerSettings, generated: string, ordinal: number): string
} {
  return {
    take({ id }, { name }, generated, ordinal) {
      const wished = name === null ? generated : ordinal === 1 ? name.value : `${name.value.slice(0, 30)}-${ordinal}`
      const owner = taken.get(wished)
      if (owner !== undefined && name !== null) {
        const message = `Cannot name the load balancer of ${id} "${wished}": that of ${owner} has the name; it is called ${generated}, choose another one`
        report(
          'AWS_NAME_TAKEN',
          message,
          name.origin.kind === 'value' ? name.origin.origin : originOf(name.member.ingress),
        )
      }
      const result = owner === undefined ? wished : generated
      taken.set(result, `ingress:${id}`)
      return result
    },
  }
}
