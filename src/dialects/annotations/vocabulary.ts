/** How a controller's annotations are written down as data: one table per prefix, one row per name. */

/** Which objects a row may be written on. `HTTPProxy` and the like are read by other rooms and listed for completeness. */
export type AnnotatedKind = 'Ingress' | 'Service' | 'Pod' | 'IngressClass' | 'HTTPProxy' | 'IngressRoute' | 'Secret'

/** How soon a row matters to users: `core` is met in most clusters, `rare` in few. */
export type Tier = 'core' | 'common' | 'rare'

/** What a value looks like. `check-value.ts` decides whether a text is one. */
export type ValueType =
  | { readonly kind: 'text' }
  /** Go's ParseBool words: 1 t T TRUE true True 0 f F FALSE false False. */
  | { readonly kind: 'bool' }
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  /** nginx sizes: digits and an optional b, k, m or g. */
  | { readonly kind: 'size' }
  | { readonly kind: 'enum'; readonly values: readonly string[]; readonly anyCase: boolean }
  /** Comma or space separated words, each one of `values`. */
  | { readonly kind: 'words'; readonly values: readonly string[] }
  /** Comma separated, at least one entry; `of` checks each. */
  | { readonly kind: 'list'; readonly of: ValueType }
  /** `k=v,k=v`; a backslash quotes the next character. */
  | { readonly kind: 'map' }
  | { readonly kind: 'json'; readonly shape: JsonShape }
  | { readonly kind: 'arn' }
  /** Go duration such as `1m30s`, or `infinity`. */
  | { readonly kind: 'duration' }
  | { readonly kind: 'port' }
  | { readonly kind: 'portOrName' }
  | { readonly kind: 'cidr' }
  | { readonly kind: 'url' }
  | { readonly kind: 'host' }
  | { readonly kind: 'path' }
  /** `name` or `namespace/name`. */
  | { readonly kind: 'object' }
  /** Text of at most `max` characters that matches `pattern`. */
  | { readonly kind: 'name'; readonly max: number; readonly pattern: RegExp; readonly wanted: string }
  /** Configuration text that is never executed. */
  | { readonly kind: 'snippet' }

/** JSON values with a schema of their own; `check-json.ts` knows them. */
export type JsonShape =
  | 'any-object'
  | 'any-list'
  | 'listen-ports'
  | 'action'
  | 'conditions'
  | 'transforms'
  | 'mutual-authentication'
  | 'oidc'
  | 'cognito'
  | 'jwt'

export interface AnnotationRow {
  /** After the prefix. A name that ends in `.*` is a family: `actions.*` covers `actions.ssl-redirect`. */
  readonly name: string
  readonly on: readonly AnnotatedKind[]
  readonly value: ValueType
  readonly tier: Tier
}

export interface LegacyName {
  readonly value: ValueType
  /** In the imperative: what to write today. */
  readonly instead: string
}

export interface Vocabulary {
  /** Whose words these are, as messages name it. */
  readonly controller: string
  /** With the slash. */
  readonly prefix: string
  readonly rows: readonly AnnotationRow[]
  /** Older spellings that are still read, and today's full name. */
  readonly aliases: Readonly<Record<string, string>>
  /** Older names that are still read and have no name of today with the same value; default none. */
  readonly legacy?: Readonly<Record<string, LegacyName>>
  /** Names that were read once and are no more, and what to do instead. */
  readonly removed: Readonly<Record<string, string>>
  /** Names that people write although nobody ever read them, and what they mean to write. */
  readonly mistakes?: Readonly<Record<string, string>>
  /**
   * Which unlisted names under the prefix are mistakes. `all`: every one. A text: those that begin with it. `close`:
   * only those that are close to a listed name, because other software writes its own names under this prefix.
   */
  readonly strict: 'all' | 'close' | { readonly beginsWith: string }
  /** True when another part of the program judges the values, so that they are not remarked on twice. */
  readonly areValuesJudgedElsewhere: boolean
}

const INGRESS: readonly AnnotatedKind[] = ['Ingress']

/** Builds rows of one tier and place: `name: type`. */
export function rowsOf(
  tier: Tier,
  types: Readonly<Record<string, ValueType>>,
  on: readonly AnnotatedKind[] = INGRESS,
): readonly AnnotationRow[] {
  return Object.entries(types).map(([name, value]) => ({ name, on, value, tier }))
}

export const TEXT: ValueType = { kind: 'text' }
export const BOOL: ValueType = { kind: 'bool' }
export const SIZE: ValueType = { kind: 'size' }
export const MAP: ValueType = { kind: 'map' }
export const ARN: ValueType = { kind: 'arn' }
export const DURATION: ValueType = { kind: 'duration' }
export const PORT: ValueType = { kind: 'port' }
export const PORT_OR_NAME: ValueType = { kind: 'portOrName' }
export const URL_TEXT: ValueType = { kind: 'url' }
export const HOST: ValueType = { kind: 'host' }
export const PATH: ValueType = { kind: 'path' }
export const OBJECT: ValueType = { kind: 'object' }
export const SNIPPET: ValueType = { kind: 'snippet' }
export const ON_OFF: ValueType = { kind: 'enum', values: ['on', 'off'], anyCase: false }
export const TEXT_LIST: ValueType = { kind: 'list', of: TEXT }
export const CIDR_LIST: ValueType = { kind: 'list', of: { kind: 'cidr' } }

/** A whole number; the bounds are inclusive. */
export function int(min = 0, max = 2_147_483_647): ValueType {
  return { kind: 'int', min, max }
}

/** One of a few words, spelled exactly. */
export function oneOf(...values: readonly string[]): ValueType {
  return { kind: 'enum', values, anyCase: false }
}

/** One of a few words in upper or lower case. */
export function oneOfAnyCase(...values: readonly string[]): ValueType {
  return { kind: 'enum', values, anyCase: true }
}

/** Several of a few words. */
export function words(...values: readonly string[]): ValueType {
  return { kind: 'words', values }
}

export function json(shape: JsonShape): ValueType {
  return { kind: 'json', shape }
}
