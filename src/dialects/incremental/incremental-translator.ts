/**
 * Translates Snapshots that follow one another, with work in proportion to the change: the Ingresses that a few
 * changed objects may concern are translated as they were and as they are, and the difference is taken over. What
 * did not change is kept, as the very same objects; the result is always that of `translate`.
 */
import { describeObject } from '../../kube/meta.ts'
import { type ObjectChange, versionsOf } from '../../kube/object-change.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { trackReferences } from '../../kube/tracked-snapshot.ts'
import { isSameData } from '../../routing/model-delta.ts'
import { translate } from '../translate.ts'
import type { TranslateOptions, Translation } from '../translation.ts'
import { type Affected, findAffected, isOfEndpoints } from './affected.ts'
import { claimsOf } from './ingress-claims.ts'
import { IngressIndex } from './ingress-index.ts'
import { placeOf } from './patch-list.ts'
import { OF_STREAMS, patchTranslation } from './patch-translation.ts'
import { shareTranslation } from './share-translation.ts'

/** `namespace/name` of what a translation asked for, also of what does not exist. */
export interface AskedFor {
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
}

export interface TranslationStep {
  readonly translation: Translation
  /** True when all was translated: nothing else is referred to than what was asked for. */
  readonly isWhole: boolean
  readonly asked: AskedFor
  /** True when something that was asked for before the change is not any more, by the part that was translated. */
  readonly letsGo: boolean
}

/** What was translated last. */
interface Last {
  readonly snapshot: Snapshot
  readonly options: TranslateOptions
  readonly translation: Translation
}

/** So many Ingresses are always worth looking at by themselves, and of very many this part. */
const MOST_AFFECTED = 200
const MOST_PART = 1 / 8

const NOTHING_ASKED: AskedFor = { secrets: new Set(), configMaps: new Set() }

export class IncrementalTranslator {
  #last: Last | null = null
  /** The Ingresses of the last Snapshot; `null` = made when it is needed. */
  #index: IngressIndex | null = null
  readonly #most: number | undefined

  /** @param mostAffected how many Ingresses are looked at again before all are; tests take few */
  constructor(mostAffected?: number) {
    this.#most = mostAffected
  }

  /**
   * @param snapshot the one given before must still answer as it did then
   * @param changes since that one; `null` = anything
   * @param areEndpointsSame nothing changed in `options.endpoints` since then
   */
  translate(
    snapshot: Snapshot,
    options: TranslateOptions,
    changes: readonly ObjectChange[] | null,
    areEndpointsSame: boolean,
  ): TranslationStep {
    const last = this.#last
    // Should translating fail, the next step does not build on this one.
    this.#last = null
    const step =
      this.#patch(last, snapshot, options, changes, areEndpointsSame) ??
      translateWhole(last?.translation ?? null, snapshot, options)
    this.#last = { snapshot, options, translation: step.translation }
    return step
  }

  /** The Ingresses of the last Snapshot that may claim hosts of this one, itself among them, in no order. */
  near(ingress: Ingress): readonly Ingress[] {
    if (this.#last === null) return []
    const index = (this.#index ??= new IngressIndex(this.#last.snapshot.ingresses))
    return [...new Set(claimsOf(ingress).hosts.flatMap((host) => [...index.near(host)]))]
  }

  /** @returns `null` when all must be translated */
  #patch(
    last: Last | null,
    snapshot: Snapshot,
    options: TranslateOptions,
    changes: readonly ObjectChange[] | null,
    areEndpointsSame: boolean,
  ): TranslationStep | null {
    if (last === null || changes === null) {
      this.#index = null
      return null
    }
    const index = (this.#index ??= new IngressIndex(last.snapshot.ingresses))
    for (const { before } of changes) if (before?.kind === 'Ingress') index.delete(before)
    const step =
      areEndpointsSame && isSameChoice(last.options, options) && !mayJoinByClass(snapshot, changes)
        ? patchParts(last, snapshot, options, changes, index, this.#most)
        : null
    for (const { after } of changes) if (after?.kind === 'Ingress') index.add(after)
    return step
  }
}

function patchParts(
  last: Last,
  snapshot: Snapshot,
  options: TranslateOptions,
  changes: readonly ObjectChange[],
  unchanged: IngressIndex,
  mostAffected: number | undefined,
): TranslationStep | null {
  if (changes.length === 0) {
    return { translation: last.translation, isWhole: false, asked: NOTHING_ASKED, letsGo: false }
  }
  const most = mostAffected ?? Math.max(MOST_AFFECTED, snapshot.ingresses.length * MOST_PART)
  const services = changedServices(changes)
  const samples = services === null ? null : findAffected(unchanged, changes, most, true)
  if (services !== null && samples !== null) {
    const step = patch(last, snapshot, options, changes, samples, services)
    if (step !== null) return step
  }
  const affected = findAffected(unchanged, changes, most, false)
  return affected === null ? null : patch(last, snapshot, options, changes, affected, [])
}

/** Beginnings of the ids of backends whose endpoints changed; `null` where anything else did. */
function changedServices(changes: readonly ObjectChange[]): readonly string[] | null {
  const services = new Set<string>()
  for (const version of changes.flatMap(versionsOf)) {
    if (!isOfEndpoints(version) || !('serviceName' in version)) return null
    services.add(`${version.meta.namespace}/${version.serviceName}:`)
  }
  return [...services]
}

function translateWhole(before: Translation | null, snapshot: Snapshot, options: TranslateOptions): TranslationStep {
  const { translation, asked } = translateTracked(snapshot, snapshot.ingresses, options)
  return { translation: shareTranslation(before, translation), isWhole: true, asked, letsGo: false }
}

/** Class parameters may put Ingresses on one ALB that have nothing to do with each other otherwise. */
function mayJoinByClass({ ingressClassParams }: Snapshot, changes: readonly ObjectChange[]): boolean {
  return (
    ingressClassParams.some(({ spec }) => spec.groupName !== undefined) &&
    changes.flatMap(versionsOf).some(({ kind }) => kind === 'Ingress')
  )
}

/** @param shown beginnings of the ids of backends; all that there are of those must be shown by the part */
function patch(
  last: Last,
  snapshot: Snapshot,
  options: TranslateOptions,
  changes: readonly ObjectChange[],
  affected: Affected,
  shown: readonly string[],
): TranslationStep | null {
  // The same moment for both: what time alone changes is no difference.
  const before = translateTracked(last.snapshot, affected.before, options)
  if (!shown.every((beginning) => showsAll(beginning, last.translation, before.translation))) return null
  const after = translateTracked(snapshot, affected.after, options)
  for (const beginning of affected.shared) {
    if (!isSaidAsBefore(beginning, before.translation, after.translation)) return null
  }
  const objects = new Set([...affected.before, ...affected.after].map(describeObject))
  for (const version of changes.flatMap(versionsOf)) {
    objects.add(describeObject(version))
    if ('serviceName' in version) objects.add(`Service ${version.meta.namespace}/${version.serviceName}`)
  }
  const owned = { objects, backends: affected.owned }
  const translation = patchTranslation(last.translation, before.translation, after.translation, owned)
  if (translation === null) return null
  const letsGo =
    !isWithin(before.asked.secrets, after.asked.secrets) || !isWithin(before.asked.configMaps, after.asked.configMaps)
  return { translation, isWhole: false, asked: after.asked, letsGo }
}

function translateTracked(
  snapshot: Snapshot,
  ingresses: readonly Ingress[],
  options: TranslateOptions,
): { readonly translation: Translation; readonly asked: AskedFor } {
  const tracked = trackReferences({ ...snapshot, ingresses })
  return { translation: translate(tracked.snapshot, options), asked: tracked }
}

/**
 * The part says the same about the backends of a Service before and after. Only where it routes to them does it show what it
 * says.
 */
function isSaidAsBefore(beginning: string, before: Translation, after: Translation): boolean {
  const [olds, news] = [before, after].map(({ model }) => model.backends.filter(({ id }) => id.startsWith(beginning)))
  return olds !== undefined && olds.length > 0 && isSameData(olds, news)
}

/** An Ingress may name a Service and not route to it: another class, a canary of nothing. */
function showsAll(beginning: string, { model: whole }: Translation, { model: part }: Translation): boolean {
  const shown = new Set(part.backends.map(({ id }) => id))
  const { backends } = whole
  let at = placeOf(backends, backends.length, ({ id }) => (!OF_STREAMS.test(id) && id < beginning ? -1 : 1))
  for (; backends[at]?.id.startsWith(beginning) === true; at++) if (!shown.has(backends[at]!.id)) return false
  return true
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  for (const one of some) if (!all.has(one)) return false
  return true
}

/** All but what is asked for its answers, and the time. */
function isSameChoice(a: TranslateOptions, b: TranslateOptions): boolean {
  const plain = (options: TranslateOptions): object => ({
    ...options,
    endpoints: null,
    nowMs: 0,
    unknownLogVariables: null,
    reservedPorts: [...(options.reservedPorts ?? [])].map(String).sort(),
  })
  return isSameData(plain(a), plain(b))
}
