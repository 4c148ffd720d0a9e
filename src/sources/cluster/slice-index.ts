/** EndpointSlices by the Service they belong to: an endpoint change is looked up, not searched for. */
import type { EndpointSlice } from '../../kube/objects.ts'

export class SliceIndex {
  /** In the order of names. A list: most Services have one slice, and a map for each would take ten times the room. */
  readonly #byService = new Map<string, readonly EndpointSlice[]>()
  /** Service of each slice, by the slice's key. */
  readonly #services = new Map<string, string>()

  /** @returns `namespace/name` of the Services that this changes */
  set(key: string, slice: EndpointSlice | undefined): readonly string[] {
    const before = this.#services.get(key)
    const after =
      slice === undefined || slice.serviceName === '' ? undefined : `${slice.meta.namespace}/${slice.serviceName}`
    if (before !== undefined) this.#remove(before, key)
    if (slice !== undefined && after !== undefined) {
      const slices = (this.#byService.get(after) ?? []).concat(slice)
      slices.sort((a, b) => (a.meta.name < b.meta.name ? -1 : 1))
      this.#byService.set(after, slices)
      this.#services.set(key, after)
    }
    return [before, after].filter((name) => name !== undefined)
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.#byService.get(`${namespace}/${service}`) ?? []
  }

  #remove(service: string, key: string): void {
    const name = key.slice(key.indexOf('/') + 1)
    const slices = (this.#byService.get(service) ?? []).filter(({ meta }) => meta.name !== name)
    if (slices.length > 0) this.#byService.set(service, slices)
    else this.#byService.delete(service)
    this.#services.delete(key)
  }
}
