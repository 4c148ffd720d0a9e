/** Why a Service does not get an address: which rule said no, and a sentence for its Events. */

export type Rule =
  /** The text is no address. */
  | 'format'
  /** Two of one family, or not the families that the Service has. */
  | 'family'
  /** No pool has the address, or none of that name exists. */
  | 'pool'
  /** Nothing is free. */
  | 'full'
  /** The pool is for other namespaces or Services. */
  | 'selector'
  /** The pool gives no address that ends in .0 or .255. */
  | 'buggy'
  /** Somebody else has the address and the sharing keys differ, or are missing. */
  | 'sharing-key'
  /** The sharing keys agree, the traffic policies or the pods behind do not. */
  | 'backend'
  /** The sharing keys agree, a port is taken. */
  | 'port'
  /** The pools that are there are only for those who ask for them by name. */
  | 'auto-assign'

export interface Refusal {
  readonly rule: Rule
  /** What is the matter, without a capital letter or final period: `192.0.2.1 is in no pool`. */
  readonly message: string
}

export type Outcome =
  | {
      readonly ok: true
      /** In the order of the Service's families. */
      readonly addresses: readonly string[]
      /** Names of the pools they are from, each once, in that order. */
      readonly pools: readonly string[]
    }
  | { readonly ok: false; readonly refusal: Refusal }

export function refuse(rule: Rule, message: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { rule, message } }
}
