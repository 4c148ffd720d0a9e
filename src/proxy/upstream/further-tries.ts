/** The tries of a request of which one has failed: who had theirs, and whether there may be another. Others have no such object. */
import type { ForwardAction } from '../../routing/model.ts'
import type { ClusterLoad } from './cluster-load.ts'
import type { UpstreamEndpoint } from './upstream-endpoint.ts'

export class FurtherTries {
  /** Endpoints that failed; each is tried once. */
  readonly failed: UpstreamEndpoint[] = []
  readonly #action: ForwardAction
  readonly #load: ClusterLoad
  readonly #firstMs: number
  #isFromBudget = false

  /** @param firstMs when the first try began, monotonic */
  constructor(action: ForwardAction, load: ClusterLoad, firstMs: number) {
    this.#action = action
    this.#load = load
    this.#firstMs = firstMs
  }

  /**
   * After a failure.
   *
   * @param hasCost the failed try gave the backend work, so the cluster's budget decides too
   */
  mayFollow(endpoint: UpstreamEndpoint, hasCost: boolean): boolean {
    this.failed.push(endpoint)
    if (this.failed.length >= this.#action.maxTries) return false
    const timeoutMs = this.#action.retry?.timeoutMs ?? 0
    if (timeoutMs > 0 && performance.now() - this.#firstMs >= timeoutMs) return false
    return !hasCost || this.#isFromBudget || this.#load.mayRetry()
  }

  /** The next try begins. */
  begin(hasCost: boolean): void {
    if (!hasCost || this.#isFromBudget) return
    this.#load.retries++
    this.#isFromBudget = true
  }

  /** A head came, or the request is over: the budget has room for others. */
  settle(): void {
    if (this.#isFromBudget) this.#load.retries--
    this.#isFromBudget = false
  }
}
