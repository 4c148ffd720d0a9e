/**
 * Makes the gates of routes and keeps what must outlive a configuration: a limit's counters belong to its zone, not to the
 * table that names it.
 */
import type { Gate, GateFactory } from '../../routing/gate.ts'
import type { GateConfig } from '../../routing/gate-config.ts'

export class GateStore {
  /** For `compileRoutes`. */
  readonly factory: GateFactory = (route) => (route.gates ?? []).map((config) => this.#create(config))

  #create(config: GateConfig): Gate {
    switch (config.kind) {
      case 'basic-auth':
      case 'external-auth':
      case 'limit-rate':
      case 'limit-connections':
      case 'satisfy-any':
        throw new TypeError(`Cannot make a gate of kind ${config.kind}`)
    }
  }
}
