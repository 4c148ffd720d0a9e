/**
 * Hosts on one Ethernet segment: network namespaces joined by a bridge in a namespace of its own. Nothing of it touches the
 * machine's own network, and it ends with the test; what a test that was killed left behind is removed by the next.
 */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'

const PREFIX = 'genkan-'

export interface Host {
  /** `a`, `b`, ... */
  readonly name: string
  /** Name of its network namespace. */
  readonly namespace: string
  /** `eth0` */
  readonly interface: string
  readonly mac: string
  readonly ipv4: string
  readonly ipv6: string
  /** Runs a program to its end and gives what it wrote. @throws {Error} when it fails */
  run(command: string, ...args: readonly string[]): string
  /** The same, but a failure gives what it wrote too. */
  attempt(command: string, ...args: readonly string[]): { readonly status: number; readonly output: string }
  /** Starts a program; it is killed when the hosts are destroyed. */
  start(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
  /** Sets a sysctl of this host. */
  sysctl(name: string, value: string): void
  setLink(state: 'up' | 'down'): void
  /** Cuts and joins the cable at the switch: the interface stays up and loses its carrier. */
  setCable(state: 'up' | 'down'): void
  /** MAC by which this host's kernel reaches an address; `null` = it knows none. */
  neighbour(address: string): string | null
}

export interface Hosts {
  readonly hosts: readonly Host[]
  /** Namespace of the switch, where all frames pass. */
  readonly switchNamespace: string
  destroy(): Promise<void>
}

/**
 * Makes so many hosts, 192.0.2.1 and 2001:db8::1 upwards, all up and reachable.
 *
 * @throws {Error} without the right to make network namespaces, or without iproute2
 */
export function createHosts(count: number): Hosts {
  removeLeftOvers()
  const base = `${PREFIX}${process.pid}-${Date.now().toString(36)}`
  const switchNamespace = `${base}-s`
  const children = new Set<ChildProcess>()
  addNamespace(switchNamespace)
  ip(['-n', switchNamespace, 'link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0'])
  ip(['-n', switchNamespace, 'link', 'set', 'br0', 'up'])
  const hosts = Array.from({ length: count }, (_, index) => createHost(base, switchNamespace, index, children))
  return {
    hosts,
    switchNamespace,
    async destroy() {
      await Promise.all(Array.from(children, endProcess))
      for (const { namespace } of hosts) ip(['netns', 'del', namespace])
      ip(['netns', 'del', switchNamespace])
    },
  }
}

function createHost(base: string, switchNamespace: string, index: number, children: Set<ChildProcess>): Host {
  const name = String.fromCharCode(97 + index)
  const namespace = `${base}-${name}`
  const mac = `02:00:00:00:00:${(index + 1).toString(16).padStart(2, '0')}`
  const [ipv4, ipv6] = [`192.0.2.${index + 1}`, `2001:db8::${(index + 1).toString(16)}`]
  const port = `port-${name}`
  addNamespace(namespace)
  ip(['link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', switchNamespace])
  ip(['-n', switchNamespace, 'link', 'set', port, 'master', 'br0', 'up'])
  ip(['-n', namespace, 'link', 'set', 'eth0', 'address', mac])
  ip(['-n', namespace, 'addr', 'add', `${ipv4}/24`, 'dev', 'eth0'])
  ip(['-n', namespace, 'addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad'])
  ip(['-n', namespace, 'link', 'set', 'eth0', 'up'])

  const inside = (command: string, args: readonly string[]): string[] => ['netns', 'exec', namespace, command, ...args]
  return {
    name,
    namespace,
    interface: 'eth0',
    mac,
    ipv4,
    ipv6,
    run: (command, ...args) => ip(inside(command, args)),
    attempt(command, ...args) {
      try {
        return { status: 0, output: ip(inside(command, args)) }
      } catch (error) {
        const failure = error as { readonly status?: number; readonly stdout?: string; readonly stderr?: string }
        return { status: failure.status ?? -1, output: `${failure.stdout ?? ''}${failure.stderr ?? ''}` }
      }
    },
    start(command, args, options = {}) {
      const child = spawn('ip', inside(command, args), options)
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
    sysctl: (name, value) => void ip(inside('sysctl', ['-qw', `${name}=${value}`])),
    setLink: (state) => void ip(['-n', namespace, 'link', 'set', 'eth0', state]),
    setCable: (state) => void ip(['-n', switchNamespace, 'link', 'set', port, state]),
    neighbour(address) {
      const text = ip(['-n', namespace, 'neigh', 'show', address, 'dev', 'eth0'])
      return /FAILED|INCOMPLETE/.test(text) ? null : (/lladdr (\S+)/.exec(text)?.[1] ?? null)
    },
  }
}

function addNamespace(name: string): void {
  ip(['netns', 'add', name])
  ip(['-n', name, 'link', 'set', 'lo', 'up'])
  // Addresses can be used at once, and no host goes away because nobody advertises a router.
  ip([
    'netns',
    'exec',
    name,
    'sysctl',
    '-qw',
    'net.ipv6.conf.default.accept_dad=0',
    'net.ipv6.conf.default.accept_ra=0',
  ])
}

function removeLeftOvers(): void {
  for (const line of ip(['netns', 'list']).split('\n')) {
    const name = line.split(' ')[0] ?? ''
    const pid = /^genkan-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) ip(['netns', 'del', name])
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => {
    child.once('exit', resolve)
  })
  child.kill('SIGKILL')
  await exited
}

/** `ip netns exec` replaces itself with the program, so that signals reach it. */
function ip(args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
