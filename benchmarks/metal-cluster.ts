/** A cluster of bare metal at size, and changes of it, for benchmarks of speakers. */
import { DEFAULT_ELECTION, type ElectionInput } from '../src/metal/election/election-model.ts'
import { bgp, config, l2, member, node, peer, service } from '../src/metal/election/testing/objects.ts'
import type { LoadBalancerService, ServiceEndpoint } from '../src/metal/service.ts'

/** Every tenth Service has both families, every fifth the policy Local, every twentieth shares its address with the next one. */
export function metalCluster(services: number, nodes: number): ElectionInput {
  const names = Array.from({ length: nodes }, (_, n) => `node-${n}`)
  const all: LoadBalancerService[] = []
  const endpoints = new Map<string, readonly ServiceEndpoint[]>()
  for (let n = 0; n < services; n++) {
    const isShared = n % 20 < 2
    const at = n % 20 === 1 ? n - 1 : n
    const addresses = [`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, `2001:db8::${n.toString(16)}`]
    const one = service(`s${n}`, n % 10 === 5 ? addresses : addresses.slice(0, 1), {
      ports: [{ protocol: 'TCP', port: 80 + (n % 20) }],
      trafficPolicy: n % 5 === 2 ? 'Local' : 'Cluster',
      ...(isShared ? { sharingKey: `k${at}`, hasSharingAnnotation: true } : {}),
    })
    all.push(one)
    const on = [n, n * 7 + 1, n * 13 + 2].map((each) => names[each % nodes] ?? '')
    endpoints.set(
      one.key,
      on.map((nodeName) => ({ nodeName, isUsable: true })),
    )
  }
  const settings = { l2Advertisements: [l2()], bgpAdvertisements: [bgp()], peers: [peer('a'), peer('b')] }
  return {
    nodeName: 'node-0',
    config: config(settings, ['10.0.0.0/8', '2001:db8::/64']),
    nodes: names.map((name) => node(name)),
    services: all,
    endpoints,
    members: names.map((name) =>
      member(name, { interfaces: [{ name: 'eth0', prefixes: ['10.0.0.7/8', '2001:db8::7/64', 'fe80::7/64'] }] }),
    ),
    options: DEFAULT_ELECTION,
  }
}

/** What happens in a cluster, each the `n`-th time; what does not change stays the same object. */
export const CHANGES: readonly {
  readonly name: string
  readonly change: (before: ElectionInput, n: number) => ElectionInput
}[] = [
  { name: 'nothing', change: (before) => ({ ...before }) },
  {
    name: 'an endpoint comes or goes',
    change(before, n) {
      const key = `shop/s${n * 5 + 2}`
      const endpoints = new Map(before.endpoints).set(key, (before.endpoints.get(key) ?? []).slice(1))
      return { ...before, endpoints }
    },
  },
  {
    name: 'a Service gets its address',
    change(before, n) {
      const fresh = service(`new${n}`, [`10.200.0.${n}`])
      const endpoints = new Map(before.endpoints).set(fresh.key, [{ nodeName: 'node-1', isUsable: true }])
      return { ...before, services: [...before.services, fresh], endpoints }
    },
  },
  {
    name: 'a node is heard no longer',
    change: (before, n) => ({ ...before, members: before.members.filter(({ name }) => name !== `node-${n + 1}`) }),
  },
  {
    name: 'a node came back and is not settled',
    change: (before, n) => ({
      ...before,
      members: before.members.map((each) => (each.name === `node-${n + 1}` ? { ...each, isSettled: false } : each)),
    }),
  },
  {
    name: 'a node is not ready',
    change: (before, n) => ({
      ...before,
      nodes: before.nodes.map((each) => (each.name === `node-${n + 1}` ? { ...each, isReady: false } : each)),
    }),
  },
]
