/** Limits on the requests of each client that run at a time (nginx's `limit_conn`; ingress-nginx, annotations.md: Rate Limiting). */
import { compileAddressPolicy } from '../../routing/address-policy.ts'
import { type Gate, type GateRequest, type GateVerdict, PASS } from '../../routing/gate.ts'
import { type ConnectionLimitConfig, describeGate } from '../../routing/gate-config.ts'
import type { FindLimitOwner, LimitOwner } from './limit-owners.ts'
import { limitRefusal } from './limit-refusal.ts'
import { type KeyOf, limitKey } from './limit-key.ts'
import { MOST_CLIENTS } from './rate-zone.ts'

/** Running requests by client. A client without any has no entry. */
export type ConnectionZone = Map<string, number>

/** @param mostClients with as many others at work a new client is refused, as nginx does when its zone is full */
export function createConnectionGate(
  config: ConnectionLimitConfig,
  running: ConnectionZone,
  mostClients: number = MOST_CLIENTS,
  ownerOf: FindLimitOwner = () => null,
): Gate {
  const { zone, max } = config
  const exempt = config.exempt.length === 0 ? null : compileAddressPolicy({ deny: [], allow: config.exempt })
  const keyOf: KeyOf = limitKey(config.key)
  const refusal = limitRefusal(config.status, 1)
  /** Counted here because their owner could not be asked. */
  const strays = new Set<GateRequest>()

  const admit = (client: string): GateVerdict => (acquire(running, client, max, mostClients) ? PASS : refusal)
  const ask = async (owner: LimitOwner, request: GateRequest): Promise<GateVerdict> => {
    const client = keyOf(request)
    const answer = await owner.acquire(zone, client, max)
    if (answer !== null) return answer ? PASS : refusal
    const verdict = admit(client)
    if (verdict === PASS) strays.add(request)
    return verdict
  }
  return {
    description: describeGate(config),
    check(request) {
      const { clientAddress } = request
      const client = keyOf(request)
      if (client === '' || (exempt !== null && exempt.admits(clientAddress))) return PASS
      const owner = ownerOf(zone, client)
      return owner === null ? admit(client) : ask(owner, request)
    },
    release(request) {
      const { clientAddress } = request
      const client = keyOf(request)
      if (client === '' || (exempt !== null && exempt.admits(clientAddress))) return
      const owner = strays.delete(request) ? null : ownerOf(zone, client)
      if (owner === null) release(running, client)
      else owner.release(zone, client)
    },
  }
}

/** @returns false when the client, or the zone, has no room */
export function acquire(running: ConnectionZone, client: string, max: number, mostClients = MOST_CLIENTS): boolean {
  const count = running.get(client) ?? 0
  if (count >= max || (count === 0 && running.size >= mostClients)) return false
  running.set(client, count + 1)
  return true
}

export function release(running: ConnectionZone, client: string): void {
  const count = running.get(client) ?? 0
  if (count > 1) running.set(client, count - 1)
  else running.delete(client)
}
