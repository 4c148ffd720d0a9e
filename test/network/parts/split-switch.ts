/** A switch in three parts, so that two halves of the network can be cut from each other while a client sees both. */
import { execFileSync } from 'node:child_process'
import type { Host, Hosts } from './hosts.ts'

export interface SplitSwitch {
  /** Nothing passes between the halves, and no link goes down. */
  cut(): void
  mend(): void
}

/** Puts hosts behind a switch of their own, left or right of the one that all others stay on. Frames are lost meanwhile. */
export function splitSwitch(net: Hosts, left: readonly Host[], right: readonly Host[]): SplitSwitch {
  const inside = (command: string): void =>
    void execFileSync('ip', ['netns', 'exec', net.switchNamespace, ...command.split(' ')])
  for (const [name, hosts] of Object.entries({ left, right })) {
    inside(`ip link add ${name} type bridge stp_state 0 forward_delay 0`)
    inside(`ip link add to-${name} type veth peer name of-${name}`)
    inside(`ip link set to-${name} master br0 up`)
    inside(`ip link set of-${name} master ${name} up`)
    inside(`ip link set ${name} up`)
    for (const host of hosts) inside(`ip link set port-${host.name} master ${name}`)
  }
  // Isolated ports of a bridge reach the others of its ports, and not each other.
  const isolate = (state: 'on' | 'off'): void => {
    for (const name of ['left', 'right']) inside(`bridge link set dev to-${name} isolated ${state}`)
  }
  return { cut: () => isolate('on'), mend: () => isolate('off') }
}
