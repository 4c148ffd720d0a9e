/** A list of kinds, followed, for controllers that look at everything of them: those of AWS and of bare metal. */
import type { Finding } from '../../base/finding.ts'
import type { AnyObject, EndpointSlice, Service } from '../../kube/objects.ts'
import { DecodedStore } from './decoded-store.ts'
import { type Follower, Following, type FollowingOptions } from './following.ts'
import { OnDemand } from './on-demand.ts'
import type { RawObject } from './reflector.ts'
import { CONFIG_MAPS, ENDPOINT_SLICES, type Resource, SECRETS, SERVICES } from './resource.ts'
import { SliceIndex } from './slice-index.ts'

export interface KindsSourceOptions extends FollowingOptions {
  /** Empty = all. Kinds without namespaces are read all the same. */
  readonly watchNamespace: string
  readonly kinds: readonly Resource[]
  /** False where nothing refers to ConfigMaps: they need not be readable then. Default true. */
  readonly followsConfigMaps?: boolean
  /** Names of ConfigMaps that may be wanted, each asked for by itself so that rights may name them. Default: any. */
  readonly configMapNames?: readonly string[]
  /** Also called with every object as the API server has it, before anything is left out of it; `null` = deleted. */
  readonly onRaw?: (kind: string, key: string, raw: RawObject | null) => void
  /** False: Secrets are not followed, and none may be wanted. */
  readonly followsSecrets?: boolean
}

/** `kind` and `namespace/name` of what was created, changed or deleted. */
export interface KindChange {
  readonly kind: string
  readonly key: string
}

export class KindsSource {
  readonly #options: KindsSourceOptions
  readonly #following: Following
  readonly #stores = new Map<string, DecodedStore>()
  readonly #secrets: OnDemand
  readonly #configMaps: OnDemand | null
  readonly #slices = new SliceIndex()
  #changes = new Map<string, KindChange>()

  constructor(options: KindsSourceOptions) {
    this.#options = options
    this.#following = new Following({ ...options, tellsOfRights: true })
    for (const resource of options.kinds) this.#followKind(resource)
    this.#secrets = this.#onDemand(SECRETS)
    this.#configMaps = options.followsConfigMaps === false ? null : this.#onDemand(CONFIG_MAPS)
  }

  /** Begins; resolves when every kind that may be read was read once, or the source was closed. */
  async start(): Promise<void> {
    await this.#following.start()
  }

  async close(): Promise<void> {
    await this.#following.close()
  }

  get objects(): readonly AnyObject[] {
    return [...this.#stores.values(), ...this.#contents.map(({ store }) => store)].flatMap((store) => store.objects())
  }

  get findings(): readonly Finding[] {
    return [...this.#stores.values()].flatMap((store) => store.findings())
  }

  /** One object that is here; a Secret or ConfigMap only if it is wanted. */
  find(kind: string, namespace: string, name: string): AnyObject | undefined {
    const key = `${namespace}/${name}`
    if (kind === SECRETS.kind) return this.#secrets.store.get(key)
    if (kind === CONFIG_MAPS.kind) return this.#configMaps?.store.get(key)
    return this.#stores.get(kind)?.get(key)
  }

  /** Why a Secret or ConfigMap that is wanted and exists was never read; `null` = that is not so, or not known yet. */
  whyUnread(kind: string, key: string): string | null {
    if (kind === SECRETS.kind) return this.#secrets.whyUnread(key)
    return kind === CONFIG_MAPS.kind ? (this.#configMaps?.whyUnread(key) ?? null) : null
  }

  /** Services of a namespace, where Services are followed. */
  servicesOf(namespace: string): readonly Service[] {
    const all = this.#stores.get(SERVICES.kind)?.objects() ?? []
    return all.filter((object): object is Service => object.kind === 'Service' && object.meta.namespace === namespace)
  }

  /** Of a Service, where slices are followed. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#slices.slicesOf(namespace, service)
  }

  /** What changed since it was last asked for. */
  takeChanges(): readonly KindChange[] {
    const changes = [...this.#changes.values()]
    this.#changes = new Map()
    return changes
  }

  /**
   * Says what objects refer to, as `namespace/name`.
   *
   * @returns true when it is all here but for what cannot be read for now; otherwise `onChange` follows
   */
  want(secrets: ReadonlySet<string>, configMaps: ReadonlySet<string>): boolean {
    const hasSecrets = this.#secrets.want(secrets)
    return (this.#configMaps?.want(configMaps) ?? true) && hasSecrets
  }

  /** Resolves when nothing that is wanted is waited for. */
  async settled(): Promise<void> {
    await Promise.all(this.#contents.map((store) => store.settled()))
  }

  /** Since when some kind could not be read any more, milliseconds since the epoch; `null` while all is current. */
  get staleSinceMs(): number | null {
    return this.#following.staleSinceMs
  }

  /** Kinds that this identity may not read, or that the cluster does not define. */
  get forbidden(): readonly string[] {
    return this.#following.forbidden
  }

  get #contents(): readonly OnDemand[] {
    return this.#configMaps === null ? [this.#secrets] : [this.#secrets, this.#configMaps]
  }

  #followKind(resource: Resource): void {
    const { kind } = resource
    const store = new DecodedStore(resource)
    this.#stores.set(kind, store)
    const { onRaw } = this.#options
    this.#follow(resource, false, {
      set: (key, object) => {
        onRaw?.(kind, key, object)
        if (store.set(key, object)) this.#note(kind, key)
      },
      delete: (key) => {
        onRaw?.(kind, key, null)
        if (store.delete(key)) this.#note(kind, key)
      },
    })
  }

  #onDemand(resource: Resource): OnDemand {
    const events = {
      changed: (key: string) => this.#note(resource.kind, key),
      complete: () => this.#following.changed(),
      problem: (message: string) => this.#options.onProblem(message),
    }
    const store = new OnDemand(resource, this.#options.transport, events, this.#following.signal)
    const { followsSecrets, configMapNames } = this.#options
    if (resource === SECRETS && followsSecrets === false) return store
    if (resource !== CONFIG_MAPS || configMapNames === undefined) this.#follow(resource, true, store)
    else for (const name of configMapNames) this.#follow(resource, true, store, name)
    return store
  }

  #follow(resource: Resource, isMetadataOnly: boolean, follower: Follower, name = ''): void {
    const place = {
      label: name === '' ? resource.kind : `${resource.kind} ${name}`,
      namespace: resource.isNamespaced ? this.#options.watchNamespace : '',
      ...(name === '' ? {} : { fieldSelector: `metadata.name=${name}` }),
    }
    this.#following.add(resource, place, follower, isMetadataOnly)
  }

  #note(kind: string, key: string): void {
    if (kind === ENDPOINT_SLICES.kind) {
      const slice = this.#stores.get(kind)?.get(key)
      this.#slices.set(key, slice?.kind === 'EndpointSlice' ? slice : undefined)
    }
    this.#changes.set(`${kind}/${key}`, { kind, key })
    this.#following.changed()
  }
}
