/** Objects of a cluster, followed: the same thing for a controller as `files/` is for `dev`. */
import type { Finding } from '../../base/finding.ts'
import type { AnyObject, EndpointSlice, Ingress, IngressClass } from '../../kube/objects.ts'
import type { ObjectChange } from '../../kube/object-change.ts'
import type { LabelSelector } from '../../kube/label-selector.ts'
import { compareAge } from '../../kube/snapshot.ts'
import { DecodedStore } from './decoded-store.ts'
import { type Follower, Following, type FollowingOptions, type Place } from './following.ts'
import { OnDemand } from './on-demand.ts'
import type { RawObject } from './reflector.ts'
import {
  CONFIG_MAPS,
  ENDPOINT_SLICES,
  INGRESS_CLASSES,
  INGRESSES,
  NAMESPACES,
  type Resource,
  SECRETS,
  SERVICES,
} from './resource.ts'
import { SliceIndex } from './slice-index.ts'

export interface ClusterSourceOptions extends FollowingOptions {
  /** Empty = all. Kinds without namespaces are read all the same. */
  readonly watchNamespace: string
  /** What flags name, followed outside of `watchNamespace` too. */
  readonly named?: NamedObjects
  /** Follow Namespaces too, for selectors on their labels. */
  readonly readsNamespaces: boolean
  /** Only Ingresses of namespaces with these labels exist for those who ask; needs `readsNamespaces`. */
  readonly namespaceSelector?: LabelSelector
}

/** Single objects as `namespace/name`, empty = none. */
export interface NamedObjects {
  /** With all others of their namespaces: one names another. */
  readonly configMaps: readonly string[]
  readonly secrets: readonly string[]
  /** With their slices. */
  readonly services: readonly string[]
}

/** What objects refer to, as `namespace/name`. */
export interface References {
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
}

export interface StatusAddress {
  readonly ip?: string
  readonly hostname?: string
}

export class ClusterSource {
  readonly #options: ClusterSourceOptions
  readonly #following: Following
  readonly #stores = new Map<string, DecodedStore>()
  readonly #secrets: OnDemand
  readonly #configMaps: OnDemand
  readonly #slices = new SliceIndex()
  /** Objects as they were when changes were last taken, by `kind/namespace/name`. */
  readonly #before = new Map<string, AnyObject | undefined>()
  /** Of Ingresses, by `namespace/name`. */
  readonly #statuses = new Map<string, readonly StatusAddress[]>()

  constructor(options: ClusterSourceOptions) {
    this.#options = options
    this.#following = new Following(options)
    const kinds = [
      INGRESSES,
      INGRESS_CLASSES,
      SERVICES,
      ENDPOINT_SLICES,
      ...(options.readsNamespaces ? [NAMESPACES] : []),
    ]
    for (const resource of kinds) {
      const { kind } = resource
      const store = new DecodedStore(resource)
      this.#stores.set(resource.kind, store)
      const followed: Follower = {
        set: (key, object) => {
          if (resource === INGRESSES) this.#statuses.set(key, addressesOf(object))
          const before = store.get(key)
          if (store.set(key, object)) this.#note(kind, key, before)
        },
        delete: (key) => {
          if (resource === INGRESSES) this.#statuses.delete(key)
          const before = store.get(key)
          store.delete(key)
          this.#note(kind, key, before)
        },
      }
      this.#follow(resource, false, followed)
      if (resource !== SERVICES && resource !== ENDPOINT_SLICES) continue
      for (const [namespace, name] of this.#elsewhere(options.named?.services)) {
        const selector =
          resource === SERVICES
            ? { fieldSelector: `metadata.name=${name}` }
            : { labelSelector: `kubernetes.io/service-name=${name}` }
        this.#follow(resource, false, followed, { label: `${kind} ${namespace}/${name}`, namespace, ...selector })
      }
    }
    this.#secrets = this.#onDemand(SECRETS, options.named?.secrets)
    this.#configMaps = this.#onDemand(CONFIG_MAPS, options.named?.configMaps)
  }

  /** Begins; resolves when every kind that may be read was read once, or the source was closed. */
  async start(): Promise<void> {
    await this.#following.start()
  }

  async close(): Promise<void> {
    await this.#following.close()
  }

  get objects(): readonly AnyObject[] {
    const stores = [...this.#stores.values(), this.#secrets.store, this.#configMaps.store]
    const all = stores.flatMap((store) => store.objects())
    if (this.#options.namespaceSelector === undefined) return all
    const isInScope = this.#scope()
    return all.filter((object) => object.kind !== 'Ingress' || isInScope(object.meta.namespace))
  }

  get findings(): readonly Finding[] {
    const isInScope = this.#scope()
    return [...this.#stores.values()].flatMap((store) =>
      store.kind === INGRESSES.kind ? store.findings(isInScope) : store.findings(),
    )
  }

  /** What changed since it was last asked for; a Secret or ConfigMap only if it is wanted. */
  takeChanges(): readonly ObjectChange[] {
    const changes: ObjectChange[] = []
    const isInScope = this.#scope()
    for (const [path, before] of this.#before) {
      const [kind = '', namespace = '', name = ''] = path.split('/')
      if (kind === INGRESSES.kind && !isInScope(namespace)) continue
      const after = this.#storeOf(kind)?.get(`${namespace}/${name}`)
      if (before !== after) changes.push({ before, after })
    }
    this.#before.clear()
    return changes
  }

  /** One object that is here; a Secret or ConfigMap only if it is wanted. */
  find(kind: string, namespace: string, name: string): AnyObject | undefined {
    if (kind === INGRESSES.kind && !this.#scope()(namespace)) return undefined
    return this.#storeOf(kind)?.get(`${namespace}/${name}`)
  }

  /** In no order. */
  get ingresses(): readonly Ingress[] {
    const all = this.#stores.get(INGRESSES.kind)?.objects() ?? []
    return all.filter((object): object is Ingress => object.kind === 'Ingress')
  }

  get ingressClasses(): readonly IngressClass[] {
    const all = this.#stores.get(INGRESS_CLASSES.kind)?.objects() ?? []
    return all.filter((object): object is IngressClass => object.kind === 'IngressClass').sort(compareAge)
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#slices.slicesOf(namespace, service)
  }

  /** Addresses in the `.status.loadBalancer` of an Ingress as last seen. */
  statusOf(namespace: string, name: string): readonly StatusAddress[] {
    return this.#statuses.get(`${namespace}/${name}`) ?? []
  }

  /** Since when some kind could not be read any more, milliseconds since the epoch; `null` while all is current. */
  get staleSinceMs(): number | null {
    return this.#following.staleSinceMs
  }

  /** Kinds that this identity may not read. */
  get forbidden(): readonly string[] {
    return this.#following.forbidden
  }

  /** Says what objects refer to. @returns true when it is all here but for what cannot be read for now; otherwise `onChange` follows */
  want({ secrets, configMaps }: References): boolean {
    const hasSecrets = this.#secrets.want(secrets)
    return this.#configMaps.want(configMaps) && hasSecrets
  }

  /** Resolves when nothing that is wanted is waited for. */
  async settled(): Promise<void> {
    await Promise.all([this.#secrets.settled(), this.#configMaps.settled()])
  }

  /** Those that following `watchNamespace` does not show. */
  #elsewhere(named: readonly string[] = []): readonly (readonly [namespace: string, name: string])[] {
    const { watchNamespace } = this.#options
    if (watchNamespace === '') return []
    return [...new Set(named)].flatMap((path) => {
      const [namespace = '', name = ''] = path.split('/')
      return name === '' || namespace === watchNamespace ? [] : [[namespace, name] as const]
    })
  }

  #onDemand(resource: Resource, named: readonly string[] = []): OnDemand {
    const events = {
      changed: (key: string, before: AnyObject | undefined) => this.#note(resource.kind, key, before),
      problem: (message: string) => this.#options.onProblem(message),
    }
    const store = new OnDemand(resource, this.#options.transport, events, this.#following.signal)
    this.#follow(resource, true, store)
    const places = this.#elsewhere(named).map(([namespace, name]): Place =>
      resource === CONFIG_MAPS
        ? { label: `ConfigMap in ${namespace}`, namespace }
        : { label: `${resource.kind} ${namespace}/${name}`, namespace, fieldSelector: `metadata.name=${name}` },
    )
    for (const place of new Map(places.map((each) => [each.label, each])).values()) {
      this.#follow(resource, true, store, place)
    }
    return store
  }

  #follow(
    resource: Resource,
    isMetadataOnly: boolean,
    follower: Follower,
    place: Place = {
      label: resource.kind,
      namespace: resource.isNamespaced ? this.#options.watchNamespace : '',
    },
  ): void {
    this.#following.add(resource, place, follower, isMetadataOnly)
  }

  /** Whether Ingresses of a namespace are served; each namespace is looked at once. */
  #scope(): (namespace: string) => boolean {
    const { namespaceSelector } = this.#options
    if (namespaceSelector === undefined) return () => true
    const known = new Map<string, boolean>()
    return (name) => {
      const before = known.get(name)
      if (before !== undefined) return before
      const namespace = this.#stores.get(NAMESPACES.kind)?.get(`/${name}`)
      const isIn = namespace !== undefined && namespaceSelector.matches(namespace.meta.labels)
      known.set(name, isIn)
      return isIn
    }
  }

  #storeOf(kind: string): DecodedStore | undefined {
    if (kind === SECRETS.kind) return this.#secrets.store
    if (kind === CONFIG_MAPS.kind) return this.#configMaps.store
    return this.#stores.get(kind)
  }

  #note(kind: string, key: string, before: AnyObject | undefined): void {
    const path = `${kind}/${key}`
    if (!this.#before.has(path)) this.#before.set(path, before)
    if (kind === ENDPOINT_SLICES.kind) {
      const slice = this.#stores.get(kind)?.get(key)
      this.#slices.set(key, slice?.kind === 'EndpointSlice' ? slice : undefined)
    }
    this.#following.changed()
  }
}

function addressesOf(object: RawObject): readonly StatusAddress[] {
  const { status } = object as RawObject & {
    readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly StatusAddress[] | null } | null } | null
  }
  return status?.loadBalancer?.ingress ?? []
}
