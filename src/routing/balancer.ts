/** How a backend's requests are spread over its endpoints. Plain data of the model. */

export type BalancerConfig =
  | { readonly kind: 'round-robin' }
  /** Time to the first byte of the answer, peaks at once and forgotten over 10 s, times requests under way; the better of two. */
  | { readonly kind: 'ewma' }
  | { readonly kind: 'least-connections' }
  /** `key` holds nginx variables, see `request-template.ts`. Requests of one key go to one endpoint. */
  | { readonly kind: 'hash'; readonly key: string }
  /** Requests of one key go to `size` endpoints, at random among them. */
  | { readonly kind: 'subset-hash'; readonly key: string; readonly size: number }

export const ROUND_ROBIN: BalancerConfig = { kind: 'round-robin' }
