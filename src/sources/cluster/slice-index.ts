/** EndpointSlices by the Service they belong to: an endpoint change is looked up, not searched for. */
import type { EndpointSlice } from '../../kube/objects.ts'

export class SliceIndex {
  readonly #byService = new Map<string, Map<string, EndpointSlice>>()
  /** Service of each slice, by the slice's key. */
  readonly #services = new Map<string, string>()

  /** @returns `namespace/name` of the Services that this changes */
  set(key: string, slice: EndpointSlice | undefined): readonly string[] {
    const before = this.#services.get(key)
    const after =
      slice === undefined || slice.serviceName === '' ? undefined : `${slice.meta.namespace}/${slice.serviceName}`
    if (before !== undefined && before !== after) this.#remove(before, key)
    if (slice !== undefined && after !== undefined) {
      const slices = this.#byService.get(after) ?? new Map<string, EndpointSlice>()
      slices.set(key, slice)
      this.#byService.set(after, slices)
      this.#services.set(key, after)
    }
    return [before, after].filter((name) => name !== undefined)
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    const slices = this.#byService.get(`${namespace}/${service}`)
    return slices === undefined ? [] : [...slices.values()].sort((a, b) => (a.meta.name < b.meta.name ? -1 : 1))
  }

  #remove(service: string, key: string): void {
    const slices = this.#byService.get(service)
    slices?.delete(key)
    if (slices?.size === 0) this.#byService.delete(service)
    this.#services.delete(key)
  }
}
