/**
 * Keeps the addresses of a cluster's Services while this replica leads: everything that is in `.status` is taken over first, then
 * each Service is converged when it, the pools or what others have changes.
 */
import { compareText } from '../../../base/finding.ts'
import type { Service } from '../../../kube/objects.ts'
import {
  FROM_POOL,
  isOurs,
  OLD_FROM_POOL,
  oldAnnotations,
  toLoadBalancerService,
} from '../../../dialects/metal/services.ts'
import type { AddressPool } from '../../../metal/model.ts'
import { type Allocator, createAllocator } from '../../../metal/pools/allocator.ts'
import type { PoolCounts } from '../../../metal/pools/pool-counts.ts'
import type { EventSink } from '../../cluster/event-sink.ts'
import { convergeService, type ServiceDecision, type ServiceEvent, type ServiceInput } from './converge-service.ts'
import type { Wish } from './service-writer.ts'

/** A Service as it was read last. */
export interface ServiceView {
  readonly object: Service
  /** That of the very last version, also of one that differs in nothing that is read here. */
  readonly resourceVersion: string
  readonly namespaceLabels: Readonly<Record<string, string>>
}

export interface AddressKeeperOptions {
  /** Only Services of this class; empty = only those without one. */
  readonly loadBalancerClass: string
  readonly sink: Pick<EventSink, 'say'>
  /** All Services that there are now. */
  readonly views: () => Iterable<ServiceView>
  readonly view: (key: string) => ServiceView | null
  /** Something is to be written. */
  readonly write: (key: string, uid: string) => void
}

/** Renumbering may free what somebody else waits for, and so on. */
const MOST_ROUNDS = 5

export class AddressKeeper {
  readonly #options: AddressKeeperOptions
  #allocator: Allocator | null = null
  readonly #wishes = new Map<string, { readonly uid: string; readonly wish: Wish; readonly events: ServiceEvent[] }>()
  readonly #pending = new Set<string>()
  /** What was said last about a Service that lacks something. */
  readonly #said = new Map<string, string>()
  /** Sharing key and what it depends on. */
  readonly #claims = new Map<string, string>()
  #isFirstLook = false

  constructor(options: AddressKeeperOptions) {
    this.#options = options
  }

  /** @param listed every Service, read after the last leader had to stop writing */
  begin(pools: readonly AddressPool[], listed: readonly ServiceView[]): void {
    this.end()
    const allocator = createAllocator(pools)
    this.#allocator = allocator
    const inputs = listed.map((view) => ({ view, input: this.#toInput(view) }))
    // What is older than this list is known to be stale.
    for (const { input } of inputs) allocator.saw(input.service.key, input.service.resourceVersion)
    allocator.rebuild(inputs.filter(({ input }) => input.isOurs).map(({ input }) => input.service))
    this.#isFirstLook = true
    const views = [...listed].sort((a, b) => compareText(keyOf(a), keyOf(b)))
    const hasFreed = views.map((view) => this.#converge(view)).includes(true)
    if (hasFreed) this.#lookAtPending()
    this.#isFirstLook = false
  }

  end(): void {
    this.#allocator = null
    this.#wishes.clear()
    this.#pending.clear()
    this.#said.clear()
    this.#claims.clear()
  }

  /** Other pools: whoever lost an address gets another one. */
  setPools(pools: readonly AddressPool[]): void {
    if (this.#allocator === null) return
    this.#allocator.setPools(pools)
    this.lookAtAll()
  }

  lookAtAll(): void {
    if (this.#allocator === null) return
    const views = [...this.#options.views()].sort((a, b) => compareText(keyOf(a), keyOf(b)))
    // Those that have something first: nobody who waits may take it.
    const [having, others] = [true, false].map((has) =>
      views.filter((view) => (this.#allocator?.leaseOf(keyOf(view)) !== null) === has),
    )
    for (const view of [...(having ?? []), ...(others ?? [])]) this.#converge(view)
    this.#lookAtPending()
  }

  /** These Services were created, changed or deleted. */
  look(keys: Iterable<string>): void {
    if (this.#allocator === null) return
    let hasFreed = false
    for (const key of [...keys].sort(compareText)) {
      const view = this.#options.view(key)
      if (view === null ? this.#forget(key) : this.#converge(view)) hasFreed = true
    }
    if (hasFreed) this.#lookAtPending()
  }

  counts(): readonly PoolCounts[] {
    return this.#allocator?.counts() ?? []
  }

  /** What should be written about a Service; `null` = nothing. */
  wishFor(key: string, uid: string): Wish | null {
    const found = this.#wishes.get(key)
    return found === undefined || found.uid !== uid ? null : found.wish
  }

  /** A wish is fulfilled: now it may be told. */
  written(key: string, resourceVersion: string, wish: Wish): void {
    this.#allocator?.saw(key, resourceVersion)
    const found = this.#wishes.get(key)
    if (found === undefined || found.wish !== wish) return
    this.#wishes.delete(key)
    const view = this.#options.view(key)
    if (view === null) return
    for (const event of found.events) this.#say(view.object, event, false)
    const old = oldAnnotations(view.object)
    if (old.length === 0 || wish.addresses.length === 0) return
    const message = `The annotation ${old.join(', ')} has the old prefix; write metallb.io/ instead`
    this.#say(view.object, { type: 'Warning', reason: 'deprecatedAnnotation', message }, true)
  }

  /** @returns true when somebody else may get something now */
  #converge(view: ServiceView): boolean {
    const allocator = this.#allocator
    if (allocator === null) return false
    const { object } = view
    const input = this.#toInput(view)
    const { key } = input.service
    const { annotations, deletionTimestamp } = object.meta
    const isMarked = Object.hasOwn(annotations, FROM_POOL) || Object.hasOwn(annotations, OLD_FROM_POOL)
    const isOtherClass = object.spec.type === 'LoadBalancer' && !isOurs(object, this.#options.loadBalancerClass)
    // What somebody else wrote into a Service is theirs.
    if (isOtherClass || (!input.isOurs && !isMarked && allocator.leaseOf(key) === null)) return this.#forget(key)
    // Nothing is given to what is about to go, and nothing is taken from it: others may still talk to it.
    if (deletionTimestamp !== undefined && input.isOurs) return false
    const decision = convergeService(allocator, input)
    if (decision === null) return false
    this.#tell(key, object, decision)
    if (decision.isPending) this.#pending.add(key)
    else this.#pending.delete(key)
    this.#wish(key, object, decision, isMarked)
    return this.#claimChanged(key, input) || decision.hasFreed
  }

  #tell(key: string, object: Service, { events }: ServiceDecision): void {
    const failures = events.filter(({ reason }) => reason !== 'IPAllocated' && reason !== 'ClearAssignment')
    const text = failures.map(({ reason, message }) => `${reason} ${message}`).join('\n')
    if (text === '') this.#said.delete(key)
    else if (this.#said.get(key) !== text) {
      this.#said.set(key, text)
      // Another replica may have said it before it stopped to lead.
      for (const event of failures) this.#say(object, event, this.#isFirstLook)
    }
    for (const event of events) if (event.reason === 'ClearAssignment') this.#say(object, event, false)
  }

  #wish(key: string, object: Service, decision: ServiceDecision, isMarked: boolean): void {
    const { addresses, pool } = decision
    const has = object.statusAddresses ?? []
    const isRight =
      has.length === addresses.length &&
      has.every(({ ip }, index) => ip === addresses[index]) &&
      (object.meta.annotations[FROM_POOL] ?? '') === pool &&
      !Object.hasOwn(object.meta.annotations, OLD_FROM_POOL)
    const waiting = this.#wishes.get(key)
    if (isRight) {
      // The view may be that from before a write that is under way.
      if (waiting === undefined) return
    } else if (addresses.length === 0 && !isMarked && waiting === undefined && this.#allocator?.pools.length === 0)
      return
    const { uid } = object.meta
    const isSame =
      waiting?.uid === uid && waiting.wish.pool === pool && waiting.wish.addresses.join() === addresses.join()
    const allocated = decision.events.filter(({ reason }) => reason === 'IPAllocated')
    const wish = isSame ? waiting.wish : { addresses, pool }
    this.#wishes.set(key, { uid, wish, events: allocated.length > 0 || !isSame ? allocated : waiting.events })
    this.#options.write(key, uid)
  }

  #forget(key: string): boolean {
    this.#wishes.delete(key)
    this.#pending.delete(key)
    this.#said.delete(key)
    this.#claims.delete(key)
    return this.#allocator?.forget(key) ?? false
  }

  #claimChanged(key: string, { service, isOurs: isOne }: ServiceInput): boolean {
    if (!isOne || service.sharingKey === '') return this.#claims.delete(key)
    const { sharingKey, trafficPolicy, selector, ports } = service
    const claim = JSON.stringify([sharingKey, trafficPolicy, selector, ports])
    const before = this.#claims.get(key)
    this.#claims.set(key, claim)
    return before !== undefined && before !== claim
  }

  #lookAtPending(): void {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      let hasFreed = false
      for (const key of [...this.#pending].sort(compareText)) {
        const view = this.#options.view(key)
        if (view === null ? this.#forget(key) : this.#converge(view)) hasFreed = true
      }
      if (!hasFreed) return
    }
  }

  #toInput({ object, resourceVersion, namespaceLabels }: ServiceView): ServiceInput {
    const { loadBalancerClass } = this.#options
    const read = toLoadBalancerService(object, namespaceLabels, { loadBalancerClass, isOffline: false })
    return {
      service: { ...read.service, resourceVersion },
      isOurs: isOurs(object, loadBalancerClass),
      fault: read.fault,
    }
  }

  #say({ meta: { namespace, name, uid } }: Service, event: ServiceEvent, isRepeat: boolean): void {
    this.#options.sink.say({ apiVersion: 'v1', kind: 'Service', namespace, name, uid }, { ...event, isRepeat })
  }
}

function keyOf({ object: { meta } }: ServiceView): string {
  return `${meta.namespace}/${meta.name}`
}
