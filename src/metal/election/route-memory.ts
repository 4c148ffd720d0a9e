/** Routes of the decision before: a prefix to which the same Services contribute the same is the same route. */
import type { BgpRoute, MetalNode } from '../announcement.ts'
import type { BgpAdvertisement } from '../model.ts'
import type { ServiceFacts } from './service-facts.ts'

/** One address of a Service by one advertisement. */
export interface Contribution {
  readonly prefix: string
  /** Orders prefixes. */
  readonly family: 4 | 6
  readonly first: bigint
  readonly advertisement: BgpAdvertisement
  readonly service: string
}

export interface PrefixRoutes {
  readonly contributions: readonly Contribution[]
  /** Routes of the prefix, sorted. */
  readonly routes: readonly BgpRoute[]
}

export class RouteMemory {
  #contributions = new WeakMap<ServiceFacts, readonly Contribution[]>()
  #routes: ReadonlyMap<string, PrefixRoutes> = new Map()
  #prefixes: ReadonlySet<string> = new Set()
  #all: readonly ServiceFacts[] | null = null
  #result: readonly BgpRoute[] = []
  #node: MetalNode | null = null
  #peers = ''

  /** Forgets everything unless it was about this node and these peers. */
  begin(node: MetalNode, peers: readonly string[]): void {
    const names = JSON.stringify(peers)
    if (node === this.#node && names === this.#peers) return
    this.#node = node
    this.#peers = names
    this.#contributions = new WeakMap()
    this.#routes = new Map()
    this.#prefixes = new Set()
    this.#all = null
  }

  /** All routes, if these are the same Services; `null` = they are not. */
  resultFor(all: readonly ServiceFacts[]): readonly BgpRoute[] | null {
    const before = this.#all
    const isSame = before?.length === all.length && all.every((each, index) => each === before[index])
    return isSame ? this.#result : null
  }

  /** Sorted, of the decision before. */
  get prefixes(): ReadonlySet<string> {
    return this.#prefixes
  }

  contributionsOf(facts: ServiceFacts, make: () => readonly Contribution[]): readonly Contribution[] {
    const known = this.#contributions.get(facts)
    if (known !== undefined) return known
    const made = make()
    this.#contributions.set(facts, made)
    return made
  }

  routesOf(
    prefix: string,
    contributions: readonly Contribution[],
    make: () => readonly BgpRoute[],
  ): readonly BgpRoute[] {
    const known = this.#routes.get(prefix)
    const isSame =
      known !== undefined &&
      known.contributions.length === contributions.length &&
      known.contributions.every((each, index) => each === contributions[index])
    return isSame ? known.routes : make()
  }

  end(all: readonly ServiceFacts[], routes: ReadonlyMap<string, PrefixRoutes>, result: readonly BgpRoute[]): void {
    this.#all = all
    this.#routes = routes
    this.#prefixes = new Set(routes.keys())
    this.#result = result
  }
}
