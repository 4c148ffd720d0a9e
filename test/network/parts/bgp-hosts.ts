/**
 * A network for BGP: this process becomes a host of its own (a network namespace that ends with it) with a bridge, and peers
 * are further namespaces behind the bridge's ports.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import koffi from 'koffi'

const CLONE_NEWNET = 0x40000000

/** This host's addresses; peers have the next ones. */
export const OWN_V4 = '10.99.0.1'
export const OWN_V6 = 'fd00:99::1'

export interface PeerHost {
  readonly name: string
  readonly v4: string
  readonly v6: string
  /** For sockets and configuration; gone with the host. */
  readonly folder: string
  readonly run: (command: string, ...args: string[]) => string
  /** Ends with the host. */
  readonly start: (command: string, ...args: string[]) => ChildProcess
  /** From now on nothing passes, and nobody is told: the link stays up. */
  readonly cut: () => void
  readonly mend: () => void
  readonly close: () => void
}

let count = 0
let isHost = false
const peerHosts = new Set<PeerHost>()

/** Moves this process into a namespace of its own, once. Child processes and threads that start later are there, too. */
export function becomeHost(): void {
  if (isHost) return
  isHost = true
  const unshare = koffi.load(null).func('int unshare(int)')
  if (unshare(CLONE_NEWNET) !== 0)
    throw new Error(`Cannot make a network namespace: error ${koffi.errno()}; run as root`)
  ip('link set lo up')
  // An address of its own: one that follows the ports would change when ports come and go.
  ip('link add br0 address 02:00:00:00:99:01 type bridge forward_delay 0')
  // A port that stays, so that the bridge has a carrier when the others are cut.
  ip('link add stay type veth peer name stay-end')
  ip('link set stay-end up')
  ip('link set stay master br0')
  ip('link set stay up')
  ip('link set br0 up')
  ip(`addr add ${OWN_V4}/24 dev br0`)
  ip(`addr add ${OWN_V6}/64 dev br0 nodad`)
}

/** Ends by its `close`, or with {@link closePeerHosts}. */
export function addPeerHost(): PeerHost {
  becomeHost()
  const number = ++count
  // The form of name that the next test removes if this one is killed.
  const name = `genkan-${process.pid}-bgp${number}`
  const port = `p${number}`
  const v4 = `10.99.0.${number + 1}`
  const v6 = `fd00:99::${(number + 1).toString(16)}`
  const folder = mkdtempSync(join(tmpdir(), 'genkan-bgp-'))
  const children: ChildProcess[] = []
  ip(`netns add ${name}`)
  ip(`link add ${port} type veth peer name eth0 netns ${name}`)
  ip(`link set ${port} master br0`)
  ip(`link set ${port} up`)
  for (const command of [
    'link set lo up',
    'link set eth0 up',
    `addr add ${v4}/24 dev eth0`,
    `addr add ${v6}/64 dev eth0 nodad`,
  ])
    ip(`-n ${name} ${command}`)

  const close = (): void => {
    peerHosts.delete(host)
    for (const child of children) child.kill('SIGKILL')
    try {
      ip(`link del ${port}`)
    } catch {
      // Gone already.
    }
    ip(`netns del ${name}`)
    rmSync(folder, { recursive: true, force: true })
  }
  const host: PeerHost = {
    name,
    v4,
    v6,
    folder,
    run: (command, ...args) => execFileSync('ip', ['netns', 'exec', name, command, ...args], { encoding: 'utf8' }),
    start(command, ...args) {
      const child = spawn('ip', ['netns', 'exec', name, command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
      children.push(child)
      return child
    },
    // Outside of the bridge the port would be a way to this host's addresses by itself.
    cut: () => setPort(port, 'disabled'),
    mend: () => setPort(port, 'forwarding'),
    close,
  }
  peerHosts.add(host)
  return host
}

/** At the end of a file: all that are open. */
export function closePeerHosts(): void {
  for (const host of peerHosts) host.close()
}

/** For daemons that give up root. */
export function giveFolder(path: string, user: string): void {
  const id = Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }))
  const group = Number(execFileSync('id', ['-g', user], { encoding: 'utf8' }))
  chownSync(path, id, group)
}

/** States of a bridge's port by number, as STP has them. */
function setPort(port: string, state: 'disabled' | 'forwarding'): void {
  execFileSync('bridge', ['link', 'set', 'dev', port, 'state', state === 'disabled' ? '0' : '3'])
}

function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] })
}
