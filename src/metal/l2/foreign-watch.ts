/** Tells of others who say to have our addresses, often enough to act on and not more: a flood of claims makes no flood of events. */
import type { Mac } from './ethernet.ts'
import { formatMac } from './ethernet.ts'
import type { HeldAddress, UsedLink } from './held-address.ts'
import type { L2Event } from './responder-model.ts'

/** Between two events about one address and MAC. */
const REPEAT_MS = 1000
/** Between two events about one address with different MACs. */
const ANY_MAC_MS = 100
/** Events about all addresses in one second. */
const MAX_PER_SECOND = 100

export interface ForeignWatch {
  /** Another has an address that is announced here. */
  see(address: HeldAddress, link: UsedLink, mac: Mac): void
  /** Another has an address that was looked for; told once for a MAC. */
  tellConflict(address: HeldAddress, link: UsedLink, mac: Mac): void
}

export function createForeignWatch(ports: {
  readonly nowMs: () => number
  readonly emit: (event: L2Event) => void
}): ForeignWatch {
  let second = -1
  let told = 0
  return {
    see(address, link, mac) {
      address.counts.foreignSeen += 1
      const now = ports.nowMs()
      const record = (address.foreign ??= { mac, toldAtMs: -Infinity, untold: 0 })
      record.untold += 1
      if (now - record.toldAtMs < (mac === record.mac ? REPEAT_MS : ANY_MAC_MS)) return
      if (Math.floor(now / 1000) !== second) [second, told] = [Math.floor(now / 1000), 0]
      if (told >= MAX_PER_SECOND) return
      told += 1
      ports.emit({
        kind: 'foreign',
        address: address.text,
        interface: link.name,
        mac: formatMac(mac),
        ownMac: formatMac(link.mac),
        count: record.untold,
      })
      address.foreign = { mac, toldAtMs: now, untold: 0 }
    },
    tellConflict(address, link, mac) {
      address.counts.foreignSeen += 1
      if (address.foreign?.mac === mac && address.toldInterfaces === 'conflict') return
      address.foreign = { mac, toldAtMs: ports.nowMs(), untold: 0 }
      address.toldInterfaces = 'conflict'
      ports.emit({ kind: 'conflict', address: address.text, interface: link.name, mac: formatMac(mac) })
    },
  }
}
