/** Compiled hosts by the plain host that they were compiled of, so that one changed host among ten thousand costs one. */
import type { ClusterHandle, ClusterLookup, CompiledHost } from './compile.ts'
import type { VirtualHost } from './model.ts'

interface Entry<C extends ClusterHandle> {
  readonly compiled: CompiledHost<C>
  /** What its routes point at; `null` = the backend was unknown. */
  readonly uses: ReadonlyMap<string, C | null>
}

/** Belongs to one data plane: its gates and clusters are in what it keeps. Forgets a host with the model that held it. */
export class HostMemo<C extends ClusterHandle> {
  readonly #entries = new WeakMap<VirtualHost, Entry<C>>()

  /** @param compile called unless this very object was compiled before, and all backends it names are who they were */
  compile(
    host: VirtualHost,
    clusters: ClusterLookup<C>,
    compile: (lookup: ClusterLookup<C>) => CompiledHost<C>,
  ): CompiledHost<C> {
    const known = this.#entries.get(host)
    if (known !== undefined && isCurrent(known, clusters)) return known.compiled
    const uses = new Map<string, C | null>()
    const compiled = compile((id) => {
      const cluster = clusters(id)
      uses.set(id, cluster)
      return cluster
    })
    this.#entries.set(host, { compiled, uses })
    return compiled
  }
}

function isCurrent<C extends ClusterHandle>({ uses }: Entry<C>, clusters: ClusterLookup<C>): boolean {
  for (const [id, cluster] of uses) if (clusters(id) !== cluster) return false
  return true
}
