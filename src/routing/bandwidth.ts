/** How fast an answer may go out (nginx's `limit_rate`; ingress-nginx, annotations.md: Rate Limiting). Plain data of the model. */
export interface BandwidthLimit {
  /** Of each answer's body; > 0. */
  readonly bytesPerSecond: number
  /** So many bytes go out before the limit holds. */
  readonly freeBytes: number
}
