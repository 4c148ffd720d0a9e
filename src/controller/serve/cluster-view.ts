/** A Snapshot of a followed cluster that looks things up as they are, and can be held as they were. */
import type { ObjectChange } from '../../kube/object-change.ts'
import type { AnyObject, EndpointSlice, Ingress } from '../../kube/objects.ts'
import { NO_METAL_OBJECTS, type Snapshot } from '../../kube/snapshot.ts'
import type { ClusterSource } from '../../sources/cluster/cluster-source.ts'

export interface ClusterView {
  readonly snapshot: Snapshot
  /** From now on the objects that these changed are found as they were before. */
  hold(changes: readonly ObjectChange[]): void
}

/** @param ingresses oldest first; of everything else only what is looked up is there */
export function viewCluster(
  source: Pick<ClusterSource, 'find' | 'slicesOf' | 'ingressClasses'>,
  ingresses: readonly Ingress[],
): ClusterView {
  const held = new Map<string, AnyObject | undefined>()
  let changedSlices: readonly ObjectChange[] = []
  const find = (kind: string, namespace: string, name: string): AnyObject | undefined => {
    const path = `${kind}/${namespace}/${name}`
    return held.has(path) ? held.get(path) : source.find(kind, namespace, name)
  }
  const { ingressClasses } = source
  return {
    hold(changes) {
      for (const { before, after } of changes) {
        const { kind, meta } = (before ?? after)!
        held.set(`${kind}/${meta.namespace}/${meta.name}`, before)
      }
      changedSlices = changes.filter(({ before, after }) => (before ?? after)?.kind === 'EndpointSlice')
    },
    snapshot: {
      ingresses,
      ingressClasses,
      services: [],
      endpointSlices: [],
      secrets: [],
      configMaps: [],
      namespaces: [],
      pods: [],
      workloads: [],
      nodes: [],
      ingressClassParams: [],
      targetGroupBindings: [],
      metal: NO_METAL_OBJECTS,
      service: (namespace, name) => {
        const found = find('Service', namespace, name)
        return found?.kind === 'Service' ? found : undefined
      },
      secret: (namespace, name) => {
        const found = find('Secret', namespace, name)
        return found?.kind === 'Secret' ? found : undefined
      },
      configMap: (namespace, name) => {
        const found = find('ConfigMap', namespace, name)
        return found?.kind === 'ConfigMap' ? found : undefined
      },
      pod: () => undefined,
      ingressClass: (name) => ingressClasses.find(({ meta }) => meta.name === name),
      slicesOf: (namespace, name) => slicesBefore(source.slicesOf(namespace, name), changedSlices, namespace, name),
      podsIn: () => [],
      workloadsIn: () => [],
    },
  }
}

/** Slices of a Service in the order of their names. */
function slicesBefore(
  now: readonly EndpointSlice[],
  changes: readonly ObjectChange[],
  namespace: string,
  service: string,
): readonly EndpointSlice[] {
  if (changes.length === 0) return now
  const fresh = new Set(changes.map(({ after }) => after))
  const slices = now.filter((slice) => !fresh.has(slice))
  for (const { before } of changes) {
    if (before?.kind !== 'EndpointSlice') continue
    if (before.meta.namespace === namespace && before.serviceName === service) slices.push(before)
  }
  return slices.sort((a, b) => (a.meta.name < b.meta.name ? -1 : 1))
}
