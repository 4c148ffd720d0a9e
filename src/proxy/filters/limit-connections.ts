/** Limits on the requests of each client that run at a time (nginx's `limit_conn`; ingress-nginx reference, 1.7). */
import { compileAddressPolicy } from '../../routing/address-policy.ts'
import { type Gate, PASS } from '../../routing/gate.ts'
import { type ConnectionLimitConfig, describeGate } from '../../routing/gate-config.ts'
import { limitRefusal } from './limit-refusal.ts'
import { MOST_CLIENTS } from './rate-zone.ts'

/** Running requests by client. A client without any has no entry. */
export type ConnectionZone = Map<string, number>

/** @param mostClients with as many others at work a new client is refused, as nginx does when its zone is full */
export function createConnectionGate(
  config: ConnectionLimitConfig,
  running: ConnectionZone,
  mostClients: number = MOST_CLIENTS,
): Gate {
  const exempt = config.exempt.length === 0 ? null : compileAddressPolicy({ deny: [], allow: config.exempt })
  const refusal = limitRefusal(config.status, 1)
  return {
    description: describeGate(config),
    check({ clientAddress }) {
      if (exempt !== null && exempt.admits(clientAddress)) return PASS
      const count = running.get(clientAddress) ?? 0
      if (count >= config.max || (count === 0 && running.size >= mostClients)) return refusal
      running.set(clientAddress, count + 1)
      return PASS
    },
    release({ clientAddress }) {
      if (exempt !== null && exempt.admits(clientAddress)) return
      const count = running.get(clientAddress) ?? 0
      if (count > 1) running.set(clientAddress, count - 1)
      else running.delete(clientAddress)
    },
  }
}
