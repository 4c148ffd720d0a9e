/**
 * From a followed cluster to translations, with work in proportion to the change (design, decision 4): changed slices replace
 * endpoints, a changed Ingress is translated with those that share its hosts, everything else is translated whole. What
 * the quick ways leave undone (findings about endpoints, parts that nobody uses any more) is made up for soon after by a
 * whole translation.
 */
import type { Ingress } from '../../kube/objects.ts'
import { compareAge, createSnapshot, type Snapshot } from '../../kube/snapshot.ts'
import { trackReferences } from '../../kube/tracked-snapshot.ts'
import { hostsOf, isIsolated } from '../../dialects/ingress/isolated.ts'
import { refreshBackends } from '../../dialects/ingress/refresh-backends.ts'
import { spliceTranslation } from '../../dialects/splice.ts'
import { translate } from '../../dialects/translate.ts'
import type { Translation, TranslateOptions } from '../../dialects/translation.ts'
import type { ClusterChanges, ClusterSource } from '../../sources/cluster/cluster-source.ts'

export interface NextTranslation {
  readonly translation: Translation
  /** True when a whole translation should follow. */
  readonly isPartial: boolean
}

/** Secrets and ConfigMaps that objects refer to are waited for so long before a version is made without them. */
const REFERENCES_MS = 5000
/** More changed Ingresses at once are translated with all others. */
const MOST_CHANGED = 50

export class ClusterTranslator {
  readonly #source: ClusterSource
  readonly #options: () => TranslateOptions
  #last: Translation | null = null
  /** As last translated. */
  readonly #ingresses = new Map<string, Ingress>()
  readonly #byHost = new Map<string, Set<string>>()
  /** Hosts that more than their own Ingresses decide about. */
  #sharedHosts: ReadonlySet<string> = new Set()
  #secrets: ReadonlySet<string> = new Set()
  #configMaps: ReadonlySet<string> = new Set()

  constructor(source: ClusterSource, options: () => TranslateOptions) {
    this.#source = source
    this.#options = options
  }

  /** @param mustBeWhole false: the quickest way that the changes allow */
  async next(mustBeWhole: boolean): Promise<NextTranslation> {
    const changes = this.#source.takeChanges()
    const before = this.#last
    const quick = before === null || mustBeWhole || changes.hasOthers ? null : await this.#quickly(before, changes)
    this.#last = quick ?? (await this.#whole())
    return { translation: this.#last, isPartial: quick !== null }
  }

  /** For a dry check: this Ingress with those that share its hosts as last translated, everything else by look-up. */
  around(ingress: Ingress): Snapshot {
    const own = `${ingress.meta.namespace}/${ingress.meta.name}`
    const members = new Map([[own, ingress]])
    for (const host of hostsOf(ingress)) {
      for (const key of this.#byHost.get(host) ?? []) {
        const other = this.#ingresses.get(key)
        if (other !== undefined && key !== own) members.set(key, other)
      }
    }
    return this.#view([...members.values()].sort(compareAge))
  }

  async #quickly(before: Translation, changes: ClusterChanges): Promise<Translation | null> {
    const { services, secrets } = changes
    const ingresses = secrets.size === 0 ? changes.ingresses : this.#withUsers(changes.ingresses, secrets)
    if (ingresses === null) return null
    const part = ingresses.size === 0 ? before : await this.#part(before, ingresses)
    if (part === null || services.size === 0) return part
    const { endpoints, nodeZone = '' } = this.#options()
    const backends = refreshBackends(part.model.backends, services, this.#view([]), endpoints, nodeZone)
    return backends === part.model.backends ? part : { ...part, model: { ...part.model, backends } }
  }

  /** Ingresses that name a Secret besides those that changed; `null` where a flag or a setting for all names it. */
  #withUsers(ingresses: ReadonlySet<string>, secrets: ReadonlySet<string>): ReadonlySet<string> | null {
    const all = new Set(ingresses)
    for (const secret of secrets) {
      const slash = secret.indexOf('/')
      const [namespace, name] = [secret.slice(0, slash), secret.slice(slash + 1)]
      const users = [...this.#ingresses].filter(([, ingress]) => namesSecret(ingress, namespace, name))
      if (users.length === 0) return null
      for (const [key] of users) all.add(key)
    }
    // What all fall back to may be the same one.
    const byDefault = this.#options().controller?.options['default-ssl-certificate'] ?? ''
    return secrets.has(byDefault) ? null : all
  }

  async #part(before: Translation, changed: ReadonlySet<string>): Promise<Translation | null> {
    if (changed.size > MOST_CHANGED) return null
    const hosts = new Set<string>()
    const objects = new Set<string>()
    for (const key of changed) {
      const [namespace = '', name = ''] = key.split('/')
      const after = this.#source.find('Ingress', namespace, name)
      const versions = [this.#ingresses.get(key), after?.kind === 'Ingress' ? after : undefined]
      for (const version of versions) {
        if (version === undefined) continue
        if (!isIsolated(version)) return null
        for (const host of hostsOf(version)) hosts.add(host)
      }
      this.#index(key, versions[1])
      objects.add(`Ingress ${key}`)
    }
    const members = new Map<string, Ingress>()
    for (const host of hosts) {
      if (this.#sharedHosts.has(host)) return null
      for (const key of this.#byHost.get(host) ?? []) {
        const ingress = this.#ingresses.get(key)
        if (ingress === undefined || !isIsolated(ingress)) return null
        members.set(key, ingress)
        objects.add(`Ingress ${key}`)
      }
    }
    const view = this.#view([...members.values()].sort(compareAge))
    const { translation, secrets, configMaps } = await this.#withReferences(() => view, this.#secrets, this.#configMaps)
    this.#secrets = secrets
    this.#configMaps = configMaps
    return spliceTranslation(before, { translation, hosts, objects })
  }

  async #whole(): Promise<Translation> {
    const found = await this.#withReferences(() => createSnapshot(this.#source.objects), new Set(), new Set())
    this.#secrets = found.secrets
    this.#configMaps = found.configMaps
    this.#ingresses.clear()
    this.#byHost.clear()
    for (const object of this.#source.objects) {
      if (object.kind === 'Ingress') this.#index(`${object.meta.namespace}/${object.meta.name}`, object)
    }
    const { routes } = found.translation.model
    this.#sharedHosts = new Set([
      ...routes.hosts.flatMap(({ host, aliases = [], redirectTo }) => [
        ...aliases,
        ...(redirectTo === undefined ? [] : [host, redirectTo.host]),
      ]),
      ...(routes.passthrough ?? []).map(({ host }) => host),
    ])
    return found.translation
  }

  /** Translates, reads what that asked for and was not there, and translates again, until nothing is missing. */
  async #withReferences(
    snapshotNow: () => Snapshot,
    knownSecrets: ReadonlySet<string>,
    knownConfigMaps: ReadonlySet<string>,
  ): Promise<{
    readonly translation: Translation
    readonly secrets: ReadonlySet<string>
    readonly configMaps: ReadonlySet<string>
  }> {
    const endsAtMs = performance.now() + REFERENCES_MS
    for (;;) {
      const tracked = trackReferences(snapshotNow())
      const translation = translate(tracked.snapshot, this.#options())
      const secrets = new Set([...knownSecrets, ...tracked.secrets])
      const configMaps = new Set([...knownConfigMaps, ...tracked.configMaps])
      const isComplete = this.#source.want({ secrets, configMaps })
      const leftMs = endsAtMs - performance.now()
      if (isComplete || leftMs <= 0) return { translation, secrets, configMaps }
      await Promise.race([this.#source.settled(), new Promise((resolve) => setTimeout(resolve, leftMs).unref())])
    }
  }

  #index(key: string, ingress: Ingress | undefined): void {
    const before = this.#ingresses.get(key)
    for (const host of before === undefined ? [] : hostsOf(before)) {
      const keys = this.#byHost.get(host)
      keys?.delete(key)
      if (keys?.size === 0) this.#byHost.delete(host)
    }
    if (ingress === undefined) {
      this.#ingresses.delete(key)
      return
    }
    this.#ingresses.set(key, ingress)
    for (const host of hostsOf(ingress)) {
      const keys = this.#byHost.get(host) ?? new Set<string>()
      keys.add(key)
      this.#byHost.set(host, keys)
    }
  }

  /** These Ingresses, and of everything else what is looked up. */
  #view(ingresses: readonly Ingress[]): Snapshot {
    const source = this.#source
    const { ingressClasses } = source
    return {
      ingresses,
      ingressClasses,
      services: [],
      endpointSlices: [],
      secrets: [],
      configMaps: [],
      namespaces: [],
      pods: [],
      workloads: [],
      nodes: [],
      ingressClassParams: [],
      targetGroupBindings: [],
      service: (namespace, name) => {
        const found = source.find('Service', namespace, name)
        return found?.kind === 'Service' ? found : undefined
      },
      secret: (namespace, name) => {
        const found = source.find('Secret', namespace, name)
        return found?.kind === 'Secret' ? found : undefined
      },
      configMap: (namespace, name) => {
        const found = source.find('ConfigMap', namespace, name)
        return found?.kind === 'ConfigMap' ? found : undefined
      },
      ingressClass: (name) => ingressClasses.find(({ meta }) => meta.name === name),
      slicesOf: (namespace, name) => source.slicesOf(namespace, name),
      podsIn: () => [],
      workloadsIn: () => [],
    }
  }
}

/** Annotations name Secrets of other namespaces too. */
function namesSecret({ meta, spec }: Ingress, namespace: string, name: string): boolean {
  if (meta.namespace === namespace && spec.tls.some(({ secretName }) => secretName === name)) return true
  return Object.values(meta.annotations).some((value) => value.includes(name))
}
