/** How a flag of ingress-nginx's controller is written down (its cli-arguments.md). */

/** The types of Go's pflag that the controller uses. Durations are milliseconds, lists are as written. */
interface FlagValues {
  readonly bool: boolean
  readonly int: number
  readonly float: number
  readonly string: string
  readonly duration: number
  readonly strings: readonly string[]
  readonly floats: readonly number[]
}

export type FlagType = keyof FlagValues
export type FlagValue<T extends FlagType = FlagType> = FlagValues[T]

/**
 * `works`: has its meaning here. `cluster`: has its meaning where Genkan runs in a cluster, and none for manifests.
 * `idle`: accepted, and there is nothing for it to do. `refused`: what it asks for is never done.
 */
export type FlagSupport = 'works' | 'cluster' | 'idle' | 'refused'

export interface FlagRow<T extends FlagType = FlagType> {
  readonly type: T
  readonly initial: FlagValue<T>
  readonly support: FlagSupport
  /** What it does; for `idle` and `refused` why not, to follow `...: `. Without a final period. */
  readonly note: string
  /** One letter that stands for it behind a single dash. */
  readonly letter?: string
}
