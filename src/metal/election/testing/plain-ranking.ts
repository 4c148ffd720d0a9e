/** Which nodes get an address, in order: said as plainly as possible, to compare the election with. */
import { createHash } from 'node:crypto'
import { compareText } from '../../../base/finding.ts'
import { contains, type IpRange, parseCidr } from '../../../base/ip-range.ts'
import type { MetalNode } from '../../announcement.ts'
import { matchesAny, matchesSelector } from '../../matches-selector.ts'
import type { L2Advertisement } from '../../model.ts'
import { type AddressGroup, groupByAddress } from '../address-groups.ts'
import type { ElectionInput } from '../election-model.ts'
import { avoidedReason, unfitReason } from '../node-fitness.ts'
import { toServiceFacts } from '../service-facts.ts'

interface Plain {
  readonly node: MetalNode
  readonly isSettled: boolean
  readonly interfaces: readonly { readonly name: string; readonly networks: readonly IpRange[] }[] | null
}

/** For each group of addresses names of nodes, best first. */
export function rankPlainly(
  input: ElectionInput,
): readonly { readonly addresses: readonly string[]; readonly ranked: readonly string[] }[] {
  const facts = input.services.map((service) =>
    toServiceFacts(service, input.config, input.endpoints.get(service.key) ?? []),
  )
  const candidates: Plain[] = []
  for (const node of input.nodes) {
    const member = input.members.find(({ name }) => name === node.name)
    if (member === undefined || unfitReason(node, input.options) !== '') continue
    const interfaces = member.interfaces?.map(({ name, prefixes }) => ({
      name,
      networks: prefixes.map((prefix) => parseCidr(prefix)).filter((range) => range !== null),
    }))
    candidates.push({ node, isSettled: member.isSettled, interfaces: interfaces ?? null })
  }
  const groups = groupByAddress(facts.filter(({ reason }) => reason.l2 === ''))
  return groups.map((group) => ({
    addresses: group.addresses.map(({ text }) => text),
    ranked: rank(group, candidates, input),
  }))
}

function rank(group: AddressGroup, candidates: readonly Plain[], { options }: ElectionInput): readonly string[] {
  const on = (all: readonly L2Advertisement[], node: MetalNode): readonly L2Advertisement[] =>
    all.filter(({ nodes }) => matchesAny(nodes, node.labels))
  const sets = group.members.map((facts) =>
    candidates.filter(
      ({ node }) =>
        on(facts.l2, node).length > 0 &&
        (facts.service.trafficPolicy === 'Cluster' || facts.endpointNodes.has(node.name)),
    ),
  )
  const advertisementsOf = (node: MetalNode): ReadonlySet<L2Advertisement> =>
    new Set(group.members.flatMap(({ l2 }) => on(l2, node)))
  const interfacesOf = ({ node, interfaces }: Plain): Plain['interfaces'] => {
    const lists = [...advertisementsOf(node)].map((each) => each.interfaces)
    if (interfaces === null || lists.some((list) => list.length === 0)) return interfaces
    return lists.length === 0 ? interfaces : interfaces.filter(({ name }) => lists.flat().includes(name))
  }
  const networksOf = (candidate: Plain): number => {
    const interfaces = interfacesOf(candidate)
    if (interfaces === null) return group.addresses.length
    const networks = interfaces.flatMap((each) => each.networks)
    return group.addresses.filter(({ address }) => networks.some((network) => contains(network, address))).length
  }
  const scoreOf = ({ node }: Plain): number =>
    [...advertisementsOf(node)]
      .flatMap(({ preferredNodes }) => preferredNodes)
      .filter(({ preference }) => matchesSelector(preference, node.labels))
      .reduce((sum, { weight }) => sum + weight, 0)
  const digestOf = ({ node }: Plain): string =>
    createHash('sha256').update(`${node.name}#${group.firstAddress}`).digest('hex')
  const common = candidates.filter((candidate) => sets.every((set) => set.includes(candidate)))
  let left = common.length > 0 ? common : candidates.filter((candidate) => sets.some((set) => set.includes(candidate)))
  const prefer = (test: (each: Plain) => boolean): void => {
    if (left.some(test)) left = left.filter(test)
  }
  prefer(({ node }) => avoidedReason(node, options) === '')
  prefer((candidate) => interfacesOf(candidate)?.length !== 0)
  const most = Math.max(0, ...left.map(networksOf))
  if (!options.ignoresSubnets) prefer((candidate) => networksOf(candidate) === most)
  prefer(({ isSettled }) => isSettled)
  left.sort((a, b) => scoreOf(b) - scoreOf(a) || compareText(digestOf(a), digestOf(b)))
  return left.map(({ node }) => node.name)
}
