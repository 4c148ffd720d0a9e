/**
 * How often each Ingress was read without and with errors: ingress-nginx's `check_success` and `check_errors`. A version of the
 * configuration costs a look at what is new in it; the sums are made when somebody asks.
 */
import type { Finding } from '../base/finding.ts'
import type { RoutingModel, VirtualHost } from '../routing/model.ts'

export interface CheckCount {
  readonly namespace: string
  readonly ingress: string
  readonly successes: number
  readonly errors: number
}

interface Entry {
  /** The first version that had it. */
  readonly since: number
  errors: number
}

const PREFIX = 'Ingress '

export class CheckCounts {
  readonly #entries = new Map<string, Entry>()
  /** Names of the Ingresses of hosts that were looked at. Hosts that do not change are the same objects. */
  readonly #namesOf = new WeakMap<VirtualHost, ReadonlySet<string>>()
  #version = 0
  #hosts: readonly VirtualHost[] = []
  #broken: ReadonlySet<string> = new Set()
  /** With more, those that are gone are forgotten though nobody asks. */
  #mostEntries = 1000

  /** One version of the configuration. */
  add(model: RoutingModel, findings: readonly Finding[]): void {
    this.#version++
    this.#hosts = model.routes.hosts
    for (const host of this.#hosts) {
      if (this.#namesOf.has(host)) continue
      const names = new Set(host.routes.map(({ labels }) => `${labels.namespace}/${labels.ingress}`))
      this.#namesOf.set(host, names)
      for (const name of names) this.#entryOf(name)
    }
    const broken = new Set<string>()
    for (const { severity, origin } of findings) {
      if (severity === 'error' && origin.object.startsWith(PREFIX)) broken.add(origin.object.slice(PREFIX.length))
    }
    for (const name of broken) this.#entryOf(name).errors++
    this.#broken = broken
    if (this.#entries.size > this.#mostEntries) this.#forgetGone()
  }

  /** Of the Ingresses of the latest version, by name; the others are forgotten. */
  list(): readonly CheckCount[] {
    this.#forgetGone()
    return [...this.#entries]
      .filter(([name]) => !name.endsWith('/'))
      .map(([name, { since, errors }]) => {
        const slash = name.indexOf('/')
        const successes = this.#version - since + 1 - errors
        return { namespace: name.slice(0, slash), ingress: name.slice(slash + 1), successes, errors }
      })
      .sort((a, b) => (`${a.namespace}/${a.ingress}` < `${b.namespace}/${b.ingress}` ? -1 : 1))
  }

  #forgetGone(): void {
    const present = new Set(this.#broken)
    for (const host of this.#hosts) for (const name of this.#namesOf.get(host) ?? []) present.add(name)
    for (const name of this.#entries.keys()) if (!present.has(name)) this.#entries.delete(name)
    this.#mostEntries = 2 * present.size + 1000
  }

  #entryOf(name: string): Entry {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      entry = { since: this.#version, errors: 0 }
      this.#entries.set(name, entry)
    }
    return entry
  }
}
