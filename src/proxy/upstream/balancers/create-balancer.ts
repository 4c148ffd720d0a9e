/** The balancer that a backend of the model asks for. */
import type { BalancerConfig } from '../../../routing/balancer.ts'
import type { BalancedEndpoint, Balancer, BalancerPorts } from './balancer.ts'
import { createEwma } from './ewma.ts'
import { createHash } from './hash.ts'
import { createLeastConnections } from './least-connections.ts'
import { createRoundRobin } from './round-robin.ts'
import { createSubsetHash } from './subset-hash.ts'

/** Which of the processes that serve side by side this one is, from 0: set by whoever starts them. */
export const WORKER_SLOT = 'GENKAN_WORKER_SLOT'

export const SYSTEM_PORTS: BalancerPorts = {
  random: Math.random,
  nowMs: () => performance.now(),
  firstTurn: Number(process.env[WORKER_SLOT] ?? 0) || 0,
}

export function createBalancer<E extends BalancedEndpoint>(
  config: BalancerConfig,
  ports: BalancerPorts = SYSTEM_PORTS,
): Balancer<E> {
  switch (config.kind) {
    case 'round-robin':
      return createRoundRobin(ports.firstTurn)
    case 'ewma':
      return createEwma(ports)
    case 'least-connections':
      return createLeastConnections()
    case 'hash':
      return createHash()
    case 'subset-hash':
      return createSubsetHash(config.size, ports)
  }
}
