/** The Ingresses that have routes, kept up with tables that follow one another: a changed host costs that host. */
import { diffLists } from '../../routing/list-delta.ts'
import type { RouteTable, VirtualHost } from '../../routing/model.ts'

export class ServedIngresses {
  #hosts: readonly VirtualHost[] = []
  /** By `namespace/name`: on how many hosts. */
  readonly #counts = new Map<string, number>()
  readonly #names = new Set<string>()

  /** @returns `namespace/name` of every Ingress with a route; the same set at each call */
  follow({ hosts }: RouteTable): ReadonlySet<string> {
    for (const { at, removed, added } of diffLists(this.#hosts, hosts, ({ host }) => host)) {
      for (const host of added) this.#count(host, 1)
      for (const host of this.#hosts.slice(at, at + removed)) this.#count(host, -1)
    }
    this.#hosts = hosts
    return this.#names
  }

  #count({ routes }: VirtualHost, change: number): void {
    for (const name of new Set(routes.map(({ labels }) => `${labels.namespace}/${labels.ingress}`))) {
      const count = (this.#counts.get(name) ?? 0) + change
      if (count > 0) {
        this.#counts.set(name, count)
        this.#names.add(name)
      } else {
        this.#counts.delete(name)
        this.#names.delete(name)
      }
    }
  }
}
