/** Ingresses by what they name and claim: who has to do with a change is looked up, not searched for. */
import type { Ingress } from '../../kube/objects.ts'
import { claimsOf } from './ingress-claims.ts'

type Groups = Map<string, Set<Ingress>>

export class IngressIndex {
  readonly #byHost: Groups = new Map()
  /** By `namespace/name`. */
  readonly #byService: Groups = new Map()
  readonly #bySecret: Groups = new Map()
  readonly #byWord: Groups = new Map()

  constructor(ingresses: readonly Ingress[]) {
    for (const ingress of ingresses) this.add(ingress)
  }

  add(ingress: Ingress): void {
    this.#visit(ingress, (groups, key) => {
      const group = groups.get(key)
      if (group === undefined) groups.set(key, new Set([ingress]))
      else group.add(ingress)
    })
  }

  delete(ingress: Ingress): void {
    this.#visit(ingress, (groups, key) => {
      const group = groups.get(key)
      group?.delete(ingress)
      if (group?.size === 0) groups.delete(key)
    })
  }

  /** Those whose rules name the Service. */
  ofService(namespace: string, name: string): Iterable<Ingress> {
    return this.#byService.get(`${namespace}/${name}`) ?? []
  }

  /** Those whose `tls` names the Secret. */
  ofSecret(namespace: string, name: string): Iterable<Ingress> {
    return this.#bySecret.get(`${namespace}/${name}`) ?? []
  }

  /** Those with an annotation that may name an object so called. */
  mentioning(name: string): Iterable<Ingress> {
    return this.#byWord.get(name) ?? []
  }

  /** Those that may claim the host. A wildcard is near the hosts below it, whose redirects look at its TLS. */
  *near(host: string): Iterable<Ingress> {
    yield* this.#byHost.get(host) ?? []
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      yield* this.#byHost.get(`*${host.slice(dot)}`) ?? []
    }
  }

  /** Those that may claim a host below the wildcard. Looks through all hosts. */
  *below(wildcard: string): Iterable<Ingress> {
    const suffix = wildcard.slice(1)
    for (const [host, ingresses] of this.#byHost) if (host.endsWith(suffix)) yield* ingresses
  }

  #visit(ingress: Ingress, visit: (groups: Groups, key: string) => void): void {
    const { hosts, ports, words } = claimsOf(ingress)
    const { namespace } = ingress.meta
    for (const host of hosts) visit(this.#byHost, host)
    for (const name of ports.keys()) visit(this.#byService, `${namespace}/${name}`)
    for (const { secretName } of ingress.spec.tls)
      if (secretName !== '') visit(this.#bySecret, `${namespace}/${secretName}`)
    for (const word of words) visit(this.#byWord, word)
  }
}
