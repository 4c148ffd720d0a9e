/**
 * From a followed cluster to translations, with work in proportion to the change; Secrets and ConfigMaps that objects refer
 * to are asked for on the way.
 */
import { IncrementalTranslator } from '../../dialects/incremental/incremental-translator.ts'
import { placeOf } from '../../dialects/incremental/patch-list.ts'
import type { Translation, TranslateOptions } from '../../dialects/translation.ts'
import type { ObjectChange } from '../../kube/object-change.ts'
import type { Ingress } from '../../kube/objects.ts'
import { compareAge, type Snapshot } from '../../kube/snapshot.ts'
import type { ClusterSource } from '../../sources/cluster/cluster-source.ts'
import { type ClusterView, viewCluster } from './cluster-view.ts'

export interface NextTranslation {
  readonly translation: Translation
  /** True when something may be followed that nobody refers to any more: a whole translation tells. */
  readonly letsGo: boolean
}

/** Secrets and ConfigMaps that objects refer to are waited for so long before a version is made without them. */
const REFERENCES_MS = 5000

export class ClusterTranslator {
  readonly #source: ClusterSource
  readonly #options: () => TranslateOptions
  readonly #translator = new IncrementalTranslator()
  #view: ClusterView | null = null
  #secrets: ReadonlySet<string> = new Set()
  #configMaps: ReadonlySet<string> = new Set()

  constructor(source: ClusterSource, options: () => TranslateOptions) {
    this.#source = source
    this.#options = options
  }

  /**
   * Translates, reads what that asked for and was not there, and translates again, until nothing is missing.
   *
   * @param mustBeWhole false: only what the changes may concern
   */
  async next(mustBeWhole: boolean): Promise<NextTranslation> {
    const endsAtMs = performance.now() + REFERENCES_MS
    let letsGo = false
    for (let isFirst = true; ; isFirst = false) {
      const changes = this.#source.takeChanges()
      const { snapshot } = this.#advance(changes)
      const known = mustBeWhole && isFirst ? null : changes
      const step = this.#translator.translate(snapshot, this.#options(), known, true)
      letsGo = !step.isWhole && (letsGo || step.letsGo)
      const { secrets, configMaps } = step.asked
      this.#secrets = step.isWhole ? secrets : union(this.#secrets, secrets)
      this.#configMaps = step.isWhole ? configMaps : union(this.#configMaps, configMaps)
      const isComplete = this.#source.want({ secrets: this.#secrets, configMaps: this.#configMaps })
      const leftMs = endsAtMs - performance.now()
      if (isComplete || leftMs <= 0) return { translation: step.translation, letsGo }
      await Promise.race([this.#source.settled(), new Promise((resolve) => setTimeout(resolve, leftMs).unref())])
    }
  }

  /** For a dry check: this Ingress with those that share its hosts as last translated, everything else by look-up. */
  around(ingress: Ingress): Snapshot {
    const others = this.#translator
      .near(ingress)
      .filter(({ meta }) => meta.name !== ingress.meta.name || meta.namespace !== ingress.meta.namespace)
    return viewCluster(this.#source, [...others, ingress].sort(compareAge)).snapshot
  }

  /** Makes the view of what is now, and holds the one before as it was. */
  #advance(changes: readonly ObjectChange[]): ClusterView {
    const before = this.#view
    before?.hold(changes)
    const ingresses =
      before === null ? allIngresses(this.#source) : replaceIngresses(before.snapshot.ingresses, changes, this.#source)
    this.#view = viewCluster(this.#source, ingresses)
    return this.#view
  }
}

function allIngresses(source: ClusterSource): readonly Ingress[] {
  return source.objects.filter((object): object is Ingress => object.kind === 'Ingress').sort(compareAge)
}

/** The same list where no Ingress changed. A Namespace may decide about any. */
function replaceIngresses(
  ingresses: readonly Ingress[],
  changes: readonly ObjectChange[],
  source: ClusterSource,
): readonly Ingress[] {
  if (changes.some(({ before, after }) => (before ?? after)?.kind === 'Namespace')) return allIngresses(source)
  const gone = new Set(changes.map(({ before }) => before))
  const come = changes.map(({ after }) => after).filter((object): object is Ingress => object?.kind === 'Ingress')
  if (come.length === 0 && !changes.some(({ before }) => before?.kind === 'Ingress')) return ingresses
  const list = ingresses.filter((ingress) => !gone.has(ingress))
  for (const ingress of come)
    list.splice(
      placeOf(list, list.length, (one) => compareAge(one, ingress)),
      0,
      ingress,
    )
  return list
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return [...b].every((one) => a.has(one)) ? a : new Set([...a, ...b])
}
