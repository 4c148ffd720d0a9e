/**
 * What becomes of one Service: the addresses that it has from now on, and what there is to say. A function of the allocator and
 * of one view of the Service; nothing is written here. Source: the order of MetalLB's controller.
 */
import { parseAddress } from '../../../base/ip-address.ts'
import type { Allocator } from '../../../metal/pools/allocator.ts'
import type { LoadBalancerService } from '../../../metal/service.ts'

export interface ServiceInput {
  readonly service: LoadBalancerService
  /** It is of type LoadBalancer, of our class and is not being deleted. */
  readonly isOurs: boolean
  /** Why it gets nothing whatever the pools have; `null` = nothing is wrong. */
  readonly fault: string | null
}

export interface ServiceEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface ServiceDecision {
  /** What `.status` should say. */
  readonly addresses: readonly string[]
  /** The pools they are from, `a,b` for two; empty = none. */
  readonly pool: string
  /** In the order in which things happened. */
  readonly events: readonly ServiceEvent[]
  /** Somebody else may get now what this one had, or share what it has. */
  readonly hasFreed: boolean
  /** It would take more if there were more. */
  readonly isPending: boolean
}

/** @returns `null` for a view that is older than one that was seen: nothing is taken back because of it */
export function convergeService(allocator: Allocator, input: ServiceInput): ServiceDecision | null {
  const { service, isOurs, fault } = input
  if (allocator.isStale(service)) return null
  const { key } = service
  const before = allocator.leaseOf(key)?.addresses ?? []
  const events: ServiceEvent[] = []
  const say = (type: ServiceEvent['type'], reason: string, message: string): void => {
    events.push({ type, reason, message })
  }
  const settle = (isPending: boolean): ServiceDecision => {
    const lease = allocator.leaseOf(key)
    const addresses = lease?.addresses ?? []
    const hasFreed = before.some((address) => !addresses.includes(address))
    return { addresses, pool: lease?.pools.join(',') ?? '', events, hasFreed, isPending }
  }
  const clear = (isPending = false): ServiceDecision => {
    allocator.release(key, service.resourceVersion)
    return settle(isPending)
  }
  if (!isOurs || allocator.pools.length === 0 || service.families.length === 0) return clear(isOurs)
  if (service.familyPolicy === 'RequireDualStack' && service.families.length < 2) {
    say('Warning', 'NotEnoughClusterIPs', 'Both families are required, and the Service has one cluster IP')
    return clear()
  }
  keepCurrent(allocator, service, before, say)
  if (fault !== null) {
    say('Warning', 'LoadBalancerFailed', `Cannot give an address: ${fault}`)
    return clear()
  }
  const lease = allocator.leaseOf(key)
  if (lease === null) return allocate(allocator, service, say, settle)
  const isIncomplete = service.familyPolicy === 'PreferDualStack' && lease.addresses.length < service.families.length
  if (!isIncomplete || service.requested.length > 0) return settle(false)
  const completed = allocator.complete(service)
  if (!completed.ok) {
    say('Normal', 'AdditionalAssignFailed', `Cannot give a second address: ${completed.refusal.message}`)
    return settle(true)
  }
  say('Normal', 'IPAllocated', assigned(completed.addresses))
  return settle(false)
}

type Say = (type: ServiceEvent['type'], reason: string, message: string) => void

function allocate(
  allocator: Allocator,
  service: LoadBalancerService,
  say: Say,
  settle: (isPending: boolean) => ServiceDecision,
): ServiceDecision {
  const outcome = allocator.allocate(service)
  if (!outcome.ok) {
    say('Warning', 'AllocationFailed', `Failed to allocate IP for "${service.key}": ${outcome.refusal.message}`)
    return settle(true)
  }
  say('Normal', 'IPAllocated', assigned(outcome.addresses))
  const isWhole = outcome.addresses.length === service.families.length
  return settle(!isWhole)
}

/** What it has, in memory or else in `.status`, stays as far as it is still allowed and asked for. */
function keepCurrent(allocator: Allocator, service: LoadBalancerService, leased: readonly string[], say: Say): void {
  const current = leased.length > 0 ? leased : service.addresses
  if (current.length === 0) return
  const drop = (why: string): void => {
    allocator.release(service.key, service.resourceVersion)
    say('Normal', 'ClearAssignment', `Cannot keep ${current.join(', ')}: ${why}`)
  }
  if (!hasRightFamilies(service, current)) {
    return drop(`the Service has ${service.families.map((family) => `IPv${family}`).join(' and ')}`)
  }
  const confirmed = allocator.assign(service, current)
  if (!confirmed.ok) return drop(confirmed.refusal.message)
  if (service.pool !== '' && confirmed.pools.some((pool) => pool !== service.pool)) {
    return drop(`the pool ${service.pool} is asked for`)
  }
  const { requested } = service
  const isOther = requested.length !== current.length || requested.some((one) => !confirmed.addresses.includes(one))
  if (requested.length > 0 && isOther) drop(`${requested.join(', ')} is asked for`)
}

function hasRightFamilies({ families, familyPolicy }: LoadBalancerService, addresses: readonly string[]): boolean {
  const has = addresses.map((text) => parseAddress(text)?.family)
  const isWithin = has.every((family) => family !== undefined && families.includes(family))
  return isWithin && (familyPolicy === 'PreferDualStack' || has.length === families.length)
}

function assigned(addresses: readonly string[]): string {
  return `Assigned IP ${addresses.map((address) => JSON.stringify(address)).join(', ')}`
}
