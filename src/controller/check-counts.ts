/** How often each Ingress was read without and with errors: ingress-nginx's `check_success` and `check_errors`. */
import type { Finding } from '../base/finding.ts'
import type { RoutingModel } from '../routing/model.ts'

export interface CheckCount {
  readonly namespace: string
  readonly ingress: string
  readonly successes: number
  readonly errors: number
}

export class CheckCounts {
  #counts: ReadonlyMap<string, CheckCount> = new Map()

  /** One version of the configuration. Ingresses that are gone are forgotten. */
  add(model: RoutingModel, findings: readonly Finding[]): void {
    const broken = new Set<string>()
    const names = new Set<string>()
    for (const { severity, origin } of findings) {
      if (!origin.object.startsWith('Ingress ')) continue
      const name = origin.object.slice('Ingress '.length)
      names.add(name)
      if (severity === 'error') broken.add(name)
    }
    for (const { labels } of model.routes.hosts.flatMap((host) => host.routes)) {
      if (labels.ingress !== '') names.add(`${labels.namespace}/${labels.ingress}`)
    }
    const counts = new Map<string, CheckCount>()
    for (const name of [...names].sort()) {
      const { successes, errors } = this.#counts.get(name) ?? { successes: 0, errors: 0 }
      const slash = name.indexOf('/')
      counts.set(name, {
        namespace: name.slice(0, slash),
        ingress: name.slice(slash + 1),
        successes: successes + (broken.has(name) ? 0 : 1),
        errors: errors + (broken.has(name) ? 1 : 0),
      })
    }
    this.#counts = counts
  }

  list(): readonly CheckCount[] {
    return [...this.#counts.values()]
  }
}
