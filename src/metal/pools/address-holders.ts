/** Who has which address, and who may join in: same sharing key, same pods behind it, other ports. */
import { compareText } from '../../base/finding.ts'
import { formatAddress, type IpAddress } from '../../base/ip-address.ts'
import type { LoadBalancerService } from '../service.ts'
import type { PoolState, RangeState } from './pool-index.ts'
import type { Refusal } from './refusal.ts'

/** An address that at least one Service has. */
export interface Holder {
  readonly address: IpAddress
  readonly text: string
  range: RangeState
  sharingKey: string
  backendKey: string
  /** Services that have it, with their ports as `TCP/80`. */
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
  /** By pool, family, sharing key and backend key: addresses that somebody may join. */
  readonly #groups = new Map<string, Set<Holder>>()

  get(text: string): Holder | undefined {
    return this.#byText.get(text)
  }

  all(): Iterable<Holder> {
    return this.#byText.values()
  }

  /** Why a Service may not have an address; `null` = it may. */
  faultOf(address: IpAddress, claim: Claim): Refusal | null {
    const holder = this.#byText.get(formatAddress(address))
    return holder === undefined ? null : faultWith(holder, claim)
  }

  /** Gives an address to a Service that may have it, or settles anew what it wishes of one that it has. */
  join(address: IpAddress, range: RangeState, claim: Claim): Holder {
    const text = formatAddress(address)
    let holder = this.#byText.get(text)
    if (holder === undefined) {
      const { sharingKey, backendKey } = claim
      holder = { address, text, range, sharingKey, backendKey, services: new Map(), ports: new Map() }
      this.#byText.set(text, holder)
      range.free.take(address.value)
      range.owner.used[address.family]++
    } else {
      this.#leaveGroup(holder)
      this.#freePorts(holder, claim.service)
      holder.sharingKey = claim.sharingKey
      holder.backendKey = claim.backendKey
    }
    holder.services.set(claim.service, claim.ports)
    for (const port of claim.ports) holder.ports.set(port, claim.service)
    this.#joinGroup(holder)
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
  shareable(pool: PoolState, family: 4 | 6, claim: Claim): Holder | null {
    let best: Holder | null = null
    for (const holder of this.#groups.get(groupOf(pool, family, claim)) ?? []) {
      if (best !== null && !isBefore(holder, best)) continue
      if (claim.ports.every((port) => !holder.ports.has(port))) best = holder
    }
    return best
  }

  /** Why none of those with the same key can be shared, for people; `null` = there is none. */
  whyNotShared(pool: PoolState, family: 4 | 6, claim: Claim): Refusal | null {
    if (claim.sharingKey === '') return null
    for (const holder of this.#groups.get(groupOf(pool, family, claim)) ?? []) return faultWith(holder, claim)
    return null
  }

  #joinGroup(holder: Holder): void {
    if (holder.sharingKey === '') return
    const key = groupOf(holder.range.owner, holder.address.family, holder)
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, new Set([holder]))
    else group.add(holder)
  }

  #leaveGroup(holder: Holder): void {
    const key = groupOf(holder.range.owner, holder.address.family, holder)
    const group = this.#groups.get(key)
    group?.delete(holder)
    if (group?.size === 0) this.#groups.delete(key)
  }

  #freePorts(holder: Holder, service: string): void {
    for (const port of holder.services.get(service) ?? []) {
      if (holder.ports.get(port) === service) holder.ports.delete(port)
    }
  }
}

function faultWith(holder: Holder, claim: Claim): Refusal | null {
  const others = [...holder.services.keys()].filter((key) => key !== claim.service)
  if (others.length === 0) return null
  const owner = others.sort(compareText)[0] ?? ''
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

function groupOf(
  { pool }: PoolState,
  family: 4 | 6,
  { sharingKey, backendKey }: { readonly sharingKey: string; readonly backendKey: string },
): string {
  return `${pool.name}\n${family}\n${sharingKey}\n${backendKey}`
}

function isBefore(a: Holder, b: Holder): boolean {
  return a.range.order === b.range.order ? a.address.value < b.address.value : a.range.order < b.range.order
}
