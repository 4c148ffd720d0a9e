/** Answers that a backend for errors gives instead of an upstream or the proxy (ingress-nginx, custom-errors.md). */

/** Plain data of the model. */
export interface ErrorPagesConfig {
  /** The Service that is asked. */
  readonly backendId: string
  /** Sorted, never empty. */
  readonly statuses: readonly number[]
  /** False: only answers that the proxy itself makes are replaced. */
  readonly interceptsUpstream: boolean
}

export interface CompiledErrorPages<C> {
  readonly cluster: C
  readonly statuses: ReadonlySet<number>
  readonly interceptsUpstream: boolean
}

/** @returns `null` where nobody is there to ask */
export function compileErrorPages<C>(
  config: ErrorPagesConfig | undefined,
  clusters: (backendId: string) => C | null,
): CompiledErrorPages<C> | null {
  const cluster = config === undefined ? null : clusters(config.backendId)
  if (config === undefined || cluster === null) return null
  return { cluster, statuses: new Set(config.statuses), interceptsUpstream: config.interceptsUpstream }
}
