/** Who has which address, and who may join in: same sharing key, same pods behind it, other ports. */
import { formatAddress, type IpAddress } from '../../base/ip-address.ts'
import type { LoadBalancerService } from '../service.ts'
import type { PoolState, RangeState } from './pool-index.ts'
import type { Refusal } from './refusal.ts'
import { SharingGroup } from './sharing-group.ts'

/** An address that at least one Service has. */
export interface Holder {
  readonly address: IpAddress
  readonly text: string
  range: RangeState
  sharingKey: string
  backendKey: string
  /** Services that have it, with their ports as `TCP/80`, in the order in which they came. */
  readonly services: Map<string, readonly string[]>
  /** Which Service has a port. */
  readonly ports: Map<string, string>
}

/** What matters of a Service where addresses are shared. */
export interface Claim {
  readonly service: string
  readonly sharingKey: string
  /** Empty for the policy Cluster: all pods are reached from everywhere. */
  readonly backendKey: string
  readonly ports: readonly string[]
}

export function toClaim(service: LoadBalancerService): Claim {
  return {
    service: service.key,
    sharingKey: service.sharingKey,
    backendKey: service.trafficPolicy === 'Local' ? service.selector : '',
    ports: service.ports.map(({ protocol, port }) => `${protocol}/${port}`),
  }
}

export class AddressHolders {
  readonly #byText = new Map<string, Holder>()
  /** By pool, then by family, sharing key and backend key: addresses that somebody may join. */
  readonly #groups = new Map<PoolState, Map<string, SharingGroup<Holder>>>()

  all(): Iterable<Holder> {
    return this.#byText.values()
  }

  /** Why a Service may not have an address, `text` in its one spelling; `null` = it may. */
  faultOf(text: string, claim: Claim): Refusal | null {
    const holder = this.#byText.get(text)
    return holder === undefined ? null : faultWith(holder, claim)
  }

  /** Gives an address to a Service that may have it, or settles anew what it wishes of one that it has. */
  join(address: IpAddress, range: RangeState, claim: Claim): Holder {
    const text = formatAddress(address)
    const { service, sharingKey, backendKey, ports } = claim
    let holder = this.#byText.get(text)
    if (holder === undefined) {
      holder = { address, text, range, sharingKey, backendKey, services: new Map(), ports: new Map() }
      this.#byText.set(text, holder)
      range.free.take(address.value)
      range.owner.used[address.family]++
      this.#joinGroup(holder)
    } else if (holder.sharingKey !== sharingKey || holder.backendKey !== backendKey) {
      // It has it alone, or it could not wish for anything else.
      this.#leaveGroup(holder)
      holder.sharingKey = sharingKey
      holder.backendKey = backendKey
      this.#joinGroup(holder)
    }
    this.#freePorts(holder, service)
    holder.services.set(service, ports)
    const group = this.#groupOf(holder)
    for (const port of ports) {
      holder.ports.set(port, service)
      group?.addPort(holder, port)
    }
    return holder
  }

  /** @returns true when the address became free */
  leave(holder: Holder, service: string): boolean {
    this.#freePorts(holder, service)
    holder.services.delete(service)
    if (holder.services.size > 0) return false
    this.#leaveGroup(holder)
    this.#byText.delete(holder.text)
    holder.range.free.give(holder.address.value)
    holder.range.owner.used[holder.address.family]--
    return true
  }

  /** The pools are others: the same addresses are taken in them. */
  move(ranges: ReadonlyMap<Holder, RangeState>): void {
    this.#groups.clear()
    const ascending = [...ranges].sort(([a], [b]) => (a.address.value < b.address.value ? -1 : 1))
    for (const [holder, range] of ascending) {
      holder.range = range
      range.free.take(holder.address.value)
      range.owner.used[holder.address.family]++
      this.#joinGroup(holder)
    }
  }

  /** The first address of a pool that the Service may join. */
  shareable(pool: PoolState, groupName: string, claim: Claim): Holder | null {
    return this.#groups.get(pool)?.get(groupName)?.firstWithout(claim.ports) ?? null
  }

  /** Why none of those with the same key can be shared, for people; `null` = there is none. */
  whyNotShared(pool: PoolState, groupName: string, claim: Claim): Refusal | null {
    if (claim.sharingKey === '') return null
    const first = this.#groups.get(pool)?.get(groupName)?.firstWithout([]) ?? null
    return first === null ? null : faultWith(first, claim)
  }

  #groupOf(holder: Holder): SharingGroup<Holder> | undefined {
    if (holder.sharingKey === '') return undefined
    return this.#groups.get(holder.range.owner)?.get(groupNameOf(holder.address.family, holder))
  }

  #joinGroup(holder: Holder): void {
    if (holder.sharingKey === '') return
    const { owner } = holder.range
    const groups = this.#groups.get(owner) ?? new Map<string, SharingGroup<Holder>>()
    this.#groups.set(owner, groups)
    const name = groupNameOf(holder.address.family, holder)
    const group = groups.get(name) ?? new SharingGroup<Holder>()
    groups.set(name, group)
    group.add(holder)
  }

  #leaveGroup(holder: Holder): void {
    const group = this.#groupOf(holder)
    group?.delete(holder)
    if (group?.size === 0) this.#groups.get(holder.range.owner)?.delete(groupNameOf(holder.address.family, holder))
  }

  #freePorts(holder: Holder, service: string): void {
    const group = this.#groupOf(holder)
    for (const port of holder.services.get(service) ?? []) {
      if (holder.ports.get(port) !== service) continue
      holder.ports.delete(port)
      group?.deletePort(holder, port)
    }
  }
}

function faultWith(holder: Holder, claim: Claim): Refusal | null {
  const owner = otherThan(claim.service, holder)
  if (owner === null) return null
  const has = `Service ${owner} has ${holder.text}`
  if (claim.sharingKey === '') return { rule: 'sharing-key', message: `${has} and this Service has no sharing key` }
  if (holder.sharingKey === '') return { rule: 'sharing-key', message: `${has} and shares it with nobody` }
  if (holder.sharingKey !== claim.sharingKey) {
    const keys = `${JSON.stringify(holder.sharingKey)}, not ${JSON.stringify(claim.sharingKey)}`
    return { rule: 'sharing-key', message: `${has} with the sharing key ${keys}` }
  }
  if (holder.backendKey !== claim.backendKey) {
    const state = 'another externalTrafficPolicy, or other pods behind the policy Local'
    return { rule: 'backend', message: `${has} with the same sharing key but ${state}` }
  }
  const port = claim.ports.find((name) => holder.ports.has(name) && holder.ports.get(name) !== claim.service)
  if (port === undefined) return null
  const user = holder.ports.get(port) ?? ''
  return { rule: 'port', message: `Service ${user} has port ${port} of ${holder.text}` }
}

/** Whoever else has had it longest. */
function otherThan(service: string, { services }: Holder): string | null {
  for (const key of services.keys()) if (key !== service) return key
  return null
}

/** Those of a pool that a Service may share an address with. */
export function groupNameOf(
  family: 4 | 6,
  { sharingKey, backendKey }: { readonly sharingKey: string; readonly backendKey: string },
): string {
  return `${family}\n${sharingKey}\n${backendKey}`
}
