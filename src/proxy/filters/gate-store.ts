/**
 * Makes the gates of routes and keeps what must outlive a configuration: a limit's counters belong to its zone, not to the
 * table that names it.
 */
import type { Gate, GateFactory } from '../../routing/gate.ts'
import type { BasicAuthConfig, ExternalAuthConfig, GateConfig } from '../../routing/gate-config.ts'
import type { RouteTable } from '../../routing/model.ts'
import type { UpstreamCluster } from '../downstream.ts'
import { createBasicAuthGate } from './basic-auth.ts'
import { createExternalAuthGate } from './external-auth.ts'
import { AuthFailures } from './auth-failures.ts'
import { AuthCache } from './external-auth-cache.ts'
import { AuthClient, type FindOwnListener } from './external-auth-client.ts'
import { createClusterClient } from './external-auth-exchange.ts'
import type { FindLimitOwner, LimitCounter } from './limit-owners.ts'
import { LimitZones } from './limit-zones.ts'
import { PasswordChecker } from './password-checker.ts'
import { createSatisfyAnyGate } from './satisfy-any.ts'

/** Finds a backend of the model that is live now; `null` when it has none of that id. */
export type FindCluster = (backendId: string) => UpstreamCluster | null

export class GateStore {
  readonly #findCluster: FindCluster
  readonly #passwords = new PasswordChecker()
  readonly #authClient: AuthClient
  readonly #authCache = new AuthCache()
  readonly #limits: LimitZones
  readonly #runningAuth = new Map<string, number>()
  readonly #authFailures: AuthFailures

  /**
   * @param reportProblem takes lines for the operator; seldom
   * @param ownerOf who counts a client for limits; default: this process
   * @param findOwn see {@link FindOwnListener}
   */
  constructor(
    findCluster: FindCluster,
    reportProblem: (message: string) => void,
    ownerOf?: FindLimitOwner,
    findOwn?: FindOwnListener,
  ) {
    this.#authClient = new AuthClient(findOwn)
    this.#findCluster = findCluster
    this.#authFailures = new AuthFailures(reportProblem)
    this.#limits = new LimitZones(ownerOf)
  }

  /** Counts clients for other processes too. */
  get limits(): LimitCounter {
    return this.#limits
  }

  /** For `compileRoutes`. */
  readonly factory: GateFactory = (route) => (route.gates ?? []).map((config) => this.#create(config))

  /** A table is live: forgets what only older ones named. */
  tableApplied(table: RouteTable): void {
    this.#limits.keepOnly(table)
  }

  #create(config: GateConfig): Gate {
    switch (config.kind) {
      case 'basic-auth':
      case 'external-auth':
        return this.#createAuth(config)
      case 'satisfy-any':
        return createSatisfyAnyGate(
          config,
          config.gates.map((inner) => this.#createAuth(inner)),
        )
      case 'limit-rate':
      case 'limit-connections':
        return this.#limits.create(config)
    }
  }

  /** Ends what runs beside the event loop. */
  close(): Promise<void> {
    this.#authClient.close()
    return this.#passwords.close()
  }

  #createAuth(config: BasicAuthConfig | ExternalAuthConfig): Gate {
    if (config.kind === 'basic-auth') return createBasicAuthGate(config, this.#passwords)
    const ask =
      config.backendId === '' ? this.#authClient.ask : createClusterClient(config.backendId, this.#findCluster)
    const running = this.#runningAuth
    return createExternalAuthGate(config, { ask, cache: this.#authCache, running, failures: this.#authFailures })
  }
}
