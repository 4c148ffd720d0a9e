/** Services with one sharing key that cannot share an address. */
import type { Finding } from '../../base/finding.ts'
import { originOf, originOfKey } from '../../kube/meta.ts'
import type { Service } from '../../kube/objects.ts'
import type { LoadBalancerService } from '../../metal/service.ts'

interface Pair {
  readonly object: Service
  readonly service: LoadBalancerService
}

/** One finding for each Service that clashes with an earlier one by name. */
export function checkSharing(pairs: readonly Pair[]): readonly Finding[] {
  const byKey = new Map<string, Pair[]>()
  for (const pair of [...pairs].sort((a, b) => (a.service.key < b.service.key ? -1 : 1))) {
    const { sharingKey } = pair.service
    if (sharingKey === '') continue
    const group = byKey.get(sharingKey)
    if (group === undefined) byKey.set(sharingKey, [pair])
    else group.push(pair)
  }
  return [...byKey.values()].flatMap(checkGroup)
}

function checkGroup(group: readonly Pair[]): readonly Finding[] {
  const findings: Finding[] = []
  const owners = new Map<string, LoadBalancerService>()
  const [first] = group
  for (const { object, service } of group) {
    const ports = service.ports.map(({ protocol, port }) => `${protocol}/${port}`)
    const taken = ports.find((port) => owners.has(port))
    const owner = taken === undefined ? undefined : owners.get(taken)
    for (const port of ports) if (!owners.has(port)) owners.set(port, service)
    if (owner !== undefined && taken !== undefined) {
      findings.push(
        clash(object, service, owner, `Service ${owner.key} has port ${taken}; use other ports or another key`),
      )
    } else if (first !== undefined && backendOf(first.service) !== backendOf(service)) {
      const state = `Service ${first.service.key} has another externalTrafficPolicy, or other pods behind the policy Local`
      findings.push(clash(object, service, first.service, `${state}; use another key`))
    }
  }
  return findings
}

function clash(object: Service, service: LoadBalancerService, other: LoadBalancerService, state: string): Finding {
  const key = Object.keys(object.meta.annotations).find((name) => /^metallb\..*\/allow-shared-ip$/.test(name))
  const origin = key === undefined ? originOf(object) : originOfKey(object, 'metadata', 'annotations', key)
  // Without a request each gets an address of its own.
  const isSame = service.requested.some((address) => other.requested.includes(address))
  return {
    code: 'METAL_SHARING_CLASH',
    severity: isSame ? 'error' : 'warning',
    message: `Cannot share an address by the key ${JSON.stringify(service.sharingKey)}: ${state}`,
    origin,
  }
}

function backendOf({ trafficPolicy, selector }: LoadBalancerService): string {
  return trafficPolicy === 'Local' ? selector : ''
}
