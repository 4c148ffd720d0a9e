/** What request metrics count and how they label it: ingress-nginx's flags (its cli-arguments.md). Plain data. */
export interface MetricsOptions {
  /** Label `host` with the rule's host; false: without that label. */
  readonly isPerHost: boolean
  /** Count requests for hosts that no Ingress names too, with their host as label as long as those are few. */
  readonly countsUndefinedHosts: boolean
  /** Label `status` as `2xx` instead of `200`. */
  readonly reportsStatusClasses: boolean
  /** Names of families that are neither counted nor exposed, without `nginx_ingress_controller_`. */
  readonly excluded: readonly string[]
  /** Upper bounds, ascending: seconds, lengths and sizes in bytes. */
  readonly timeBuckets: readonly number[]
  readonly lengthBuckets: readonly number[]
  readonly sizeBuckets: readonly number[]
}

/** The length buckets are ingress-nginx's, though hardly a message is that short. */
export const DEFAULT_METRICS: MetricsOptions = {
  isPerHost: true,
  countsUndefinedHosts: false,
  reportsStatusClasses: false,
  excluded: [],
  timeBuckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  lengthBuckets: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
  sizeBuckets: [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000],
}
