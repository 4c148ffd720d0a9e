/**
 * Translates Snapshots that follow one another. What a few replaced objects cannot have changed is kept, as the very same
 * objects; the result is always that of `translate`.
 */
import { describeObject } from '../../kube/meta.ts'
import type { Replacement } from '../../kube/replace-objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { RoutingModel } from '../../routing/model.ts'
import { isSameData } from '../../routing/model-delta.ts'
import { translate } from '../translate.ts'
import type { TranslateOptions, Translation } from '../translation.ts'
import { findAffected } from './affected.ts'
import { patchTranslation } from './patch-translation.ts'

interface Step {
  readonly snapshot: Snapshot
  readonly options: TranslateOptions
  readonly translation: Translation
}

export class IncrementalTranslator {
  #last: Step | null = null
  readonly #most: number | undefined

  /** @param mostAffected how many Ingresses are looked at again before all are; tests take few */
  constructor(mostAffected?: number) {
    this.#most = mostAffected
  }

  /**
   * @param replacements what differs from the Snapshot before; `null` = anything
   * @param areEndpointsSame nothing changed in `options.endpoints` since then
   */
  translate(
    snapshot: Snapshot,
    options: TranslateOptions,
    replacements: readonly Replacement[] | null,
    areEndpointsSame: boolean,
  ): Translation {
    const last = this.#last
    const patched =
      last === null || replacements === null || !areEndpointsSame || !isSameChoice(last.options, options)
        ? null
        : patch(last, snapshot, options, replacements, this.#most)
    const translation = patched ?? share(last?.translation ?? null, translate(snapshot, options))
    this.#last = { snapshot, options, translation }
    return translation
  }
}

function patch(
  last: Step,
  snapshot: Snapshot,
  options: TranslateOptions,
  replacements: readonly Replacement[],
  most: number | undefined,
): Translation | null {
  if (replacements.length === 0) return last.translation
  const affected = findAffected(last.snapshot.ingresses, snapshot.ingresses, replacements, most)
  if (affected === null) return null
  const { places, shared } = affected
  const partOf = (whole: Snapshot): Snapshot => ({ ...whole, ingresses: places.map((at) => whole.ingresses[at]!) })
  // The same moment for both: what time alone changes is no difference.
  const before = translate(partOf(last.snapshot), options)
  const after = translate(partOf(snapshot), options)
  if (before.served.length !== after.served.length) return null
  if (![...shared].every((beginning) => isSaidAsBefore(beginning, before, after))) return null
  const own = new Set(places.map((at) => describeObject(snapshot.ingresses[at]!)))
  for (const { after: object } of replacements) own.add(describeObject(object))
  for (const { after: object } of replacements) {
    if ('serviceName' in object) own.add(`Service ${object.meta.namespace}/${object.serviceName}`)
  }
  const patched = patchTranslation(last.translation, before, after, own)
  if (patched === null) return null
  const fresh = new Map(replacements.map((one) => [one.before, one.after]))
  // Where flags rename annotations, those that are served are others than those that were replaced.
  const isSeen = before.served.every((ingress) => last.translation.served.includes(ingress))
  if (!isSeen) return null
  return {
    ...patched,
    served: last.translation.served.map((ingress) => {
      const other = fresh.get(ingress)
      return other?.kind === 'Ingress' ? other : ingress
    }),
  }
}

/**
 * The part says the same about the backends of a Service before and after. Only where it routes to them does it show what it
 * says.
 */
function isSaidAsBefore(beginning: string, before: Translation, after: Translation): boolean {
  const [olds, news] = [before, after].map(({ model }) => model.backends.filter(({ id }) => id.startsWith(beginning)))
  return olds !== undefined && olds.length > 0 && isSameData(olds, news)
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

/** The same translation, made of the objects of the one before wherever they say the same. */
function share(before: Translation | null, after: Translation): Translation {
  if (before === null) return after
  const old = before.model
  const { model } = after
  const hosts = shareList(old.routes.hosts, model.routes.hosts, ({ host }) => host)
  const backends = shareList(old.backends, model.backends, ({ id }) => id)
  const certificates = isSameData(old.certificates, model.certificates) ? old.certificates : model.certificates
  const routes = shareOne(old.routes, { ...model.routes, hosts })
  const shared: RoutingModel = {
    ...model,
    routes,
    backends,
    certificates,
    settings: shareOne(old.settings, model.settings),
  }
  return {
    ...after,
    model: shared,
    certificateRequests: shareOne(before.certificateRequests, after.certificateRequests),
  }
}

function shareOne<T>(before: T, after: T): T {
  return isSameData(before, after) ? before : after
}

function shareList<T>(before: readonly T[], after: readonly T[], keyOf: (entry: T) => string): readonly T[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry]))
  const shared = after.map((entry) => {
    const old = known.get(keyOf(entry))
    return old !== undefined && isSameData(old, entry) ? old : entry
  })
  return shared.length === before.length && shared.every((entry, index) => entry === before[index]) ? before : shared
}
