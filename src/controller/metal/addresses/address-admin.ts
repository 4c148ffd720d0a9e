/** What the admin server shows of the address controller, under MetalLB's names. */
import type { AdminSources } from '../../../admin/sources.ts'
import type { Finding } from '../../../base/finding.ts'
import type { PoolCounts } from '../../../metal/pools/pool-counts.ts'
import { type ControllerView, createControllerAdmin } from '../../controller-admin.ts'

export interface AddressState {
  findings: readonly Finding[]
  isDraining: boolean
  hasRead: boolean
  /** Something of the configuration has mistakes, and its last good form may be in use. */
  isStale: boolean
  configVersion: number
}

export interface AddressAdminOptions extends ControllerView {
  readonly state: AddressState
  readonly counts: () => readonly PoolCounts[]
}

export function createAddressAdmin({ state, counts, ...view }: AddressAdminOptions): AdminSources {
  return createControllerAdmin({
    ...view,
    state,
    *metrics() {
      yield formatPools(counts())
      yield formatState(state, view.leadership().isLeader)
    },
    applied: () => ({ configVersion: state.configVersion, appliedAt: '' }),
    cannotExplain: 'Cannot explain: this program gives addresses and serves no requests',
  })
}

function formatPools(counts: readonly PoolCounts[]): string {
  const lines: string[] = []
  const gauge = (name: string, help: string, value: (one: PoolCounts) => bigint): void => {
    lines.push(`# HELP metallb_allocator_${name} ${help}`, `# TYPE metallb_allocator_${name} gauge`)
    for (const one of counts) lines.push(`metallb_allocator_${name}{pool="${one.pool}"} ${value(one)}`)
  }
  const used = (one: PoolCounts): bigint => one.assignedIPv4 + one.assignedIPv6
  const all4 = (one: PoolCounts): bigint => one.assignedIPv4 + one.availableIPv4
  const all6 = (one: PoolCounts): bigint => one.assignedIPv6 + one.availableIPv6
  gauge('addresses_total', 'Addresses of a pool.', (one) => all4(one) + all6(one))
  gauge('addresses_in_use_total', 'Addresses of a pool that Services have.', used)
  gauge('ipv4_addresses_total', 'IPv4 addresses of a pool.', all4)
  gauge('ipv4_addresses_in_use_total', 'IPv4 addresses of a pool that Services have.', (one) => one.assignedIPv4)
  gauge('ipv6_addresses_total', 'IPv6 addresses of a pool.', all6)
  gauge('ipv6_addresses_in_use_total', 'IPv6 addresses of a pool that Services have.', (one) => one.assignedIPv6)
  return `${lines.join('\n')}\n`
}

function formatState(state: AddressState, isLeader: boolean): string {
  const gauge = (name: string, help: string, isOn: boolean): readonly string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    `${name} ${isOn ? 1 : 0}`,
  ]
  return [
    ...gauge('metallb_k8s_client_config_loaded_bool', 'Whether a configuration is in use.', state.hasRead),
    ...gauge('metallb_k8s_client_config_stale_bool', 'Whether the configuration has mistakes.', state.isStale),
    ...gauge('genkan_metal_leader', 'Whether this replica gives addresses.', isLeader),
    '',
  ].join('\n')
}
