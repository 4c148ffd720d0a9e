/** Hosts with speakers on them, an address that they announce, and a client that uses it all the time. */
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EventEmitter, on, once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createHosts, type Host, type Hosts } from './hosts.ts'
import {
  endpoints,
  type KubeManifest,
  l2Advertisement,
  node,
  type NodeFacts,
  ObjectsFile,
  pool,
  service,
} from './metal-objects.ts'
import { GENKAN, sampleOf } from './speaker-process.ts'

export const ADDRESS = '192.0.2.100'
export const KEY = 'a key of the test'
const PORT = 9000
const DEADLINE_MS = 60_000
const PARTS = new URL('./', import.meta.url).pathname

export interface Answer {
  readonly host: string
  readonly number: number
  readonly atMs: number
}

export interface RunningHost {
  readonly host: Host
  child: ChildProcess | null
  /** What its speakers say to people. */
  readonly problems: string[]
  /** When it said that it speaks, by the clock of the answers; `Infinity` before. */
  readyMs: number
  /** What the speaker said last of the address. */
  isAnnouncing: boolean
}

export class SpeakerHosts {
  readonly net: Hosts
  readonly client: Host
  readonly nodes: readonly RunningHost[]
  /** Hosts that are no nodes, with the highest MACs. */
  readonly strangers: readonly Host[]
  readonly answers: Answer[] = []
  readonly #objects = new ObjectsFile()
  readonly #events = new EventEmitter()
  readonly #flags: readonly string[]

  constructor(count: number, flags: readonly string[] = [], strangers = 0) {
    this.net = createHosts(count + 1 + strangers)
    const [client, ...others] = this.net.hosts
    if (client === undefined) throw new Error('no hosts')
    this.client = client
    const hosts = others.slice(0, count)
    this.strangers = others.slice(count)
    this.nodes = hosts.map((host) => ({ host, child: null, problems: [], readyMs: Infinity, isAnnouncing: false }))
    this.#flags = flags
    writeFileSync(join(this.#objects.folder, 'key'), `${KEY}\n`)
    this.write()
    for (const host of hosts) {
      // As a cluster's nodes: whoever has the address in its tables answers no ARP for it.
      host.sysctl('net.ipv4.conf.all.arp_ignore', '1')
      host.sysctl('net.ipv4.conf.all.arp_announce', '2')
      host.run('ip', 'addr', 'add', `${ADDRESS}/32`, 'dev', 'lo')
      host.start(process.execPath, [join(PARTS, 'udp-echo.ts'), host.name, ADDRESS, String(PORT)], { stdio: 'ignore' })
    }
    const asking = client.start(process.execPath, [join(PARTS, 'udp-client.ts'), ADDRESS, String(PORT)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    if (asking.stdout !== null) createInterface(asking.stdout).on('line', (line) => this.#take(line))
  }

  start(node: RunningHost): void {
    const { host } = node
    const key = join(this.#objects.folder, 'key')
    const args = ['speaker', this.#objects.path, '--node-name', host.name, '--heartbeat-key-file', key, ...this.#flags]
    const child = host.start(process.execPath, [GENKAN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    node.child = child
    node.readyMs = Infinity
    if (child.stdout === null || child.stderr === null) throw new Error('no output')
    createInterface(child.stderr).on('line', (line) => {
      node.problems.push(line)
      if (node.child === child && line.startsWith('Speaking for node')) node.readyMs = Date.now()
      this.#events.emit('any')
    })
    createInterface(child.stdout).on('line', (line) => {
      const { event, address } = JSON.parse(line) as { readonly event: string; readonly address?: string }
      if (address === ADDRESS && node.child === child) node.isAnnouncing = event === 'announcing'
      this.#events.emit('any')
    })
    child.once('exit', () => {
      if (node.child !== child) return
      node.child = null
      node.isAnnouncing = false
      this.#events.emit('any')
    })
  }

  /** The objects that all speakers watch, the same as before but for what is said of nodes. */
  write(facts: Readonly<Record<string, NodeFacts>> = {}): void {
    this.#objects.write(objectsOf(this.nodes, facts))
  }

  /** Of a speaker's metrics; `null` = there is none. @throws {Error} while it has none at all */
  sample({ host }: RunningHost, name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    return sampleOf(host.run('curl', '-sS', '--max-time', '30', 'http://127.0.0.1:7472/metrics'), name, labels)
  }

  /** Resolves when this holds, looked at with every answer and every line of a speaker. */
  async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return
    const signal = AbortSignal.timeout(DEADLINE_MS)
    try {
      for await (const _ of on(this.#events, 'any', { signal })) if (holds()) return
    } catch {
      throw new Error(`Waited ${DEADLINE_MS} ms in vain until ${what}\n${this.#describe()}`)
    }
  }

  #describe(): string {
    const nodes = this.nodes.map(({ host, isAnnouncing, problems }) =>
      [`${host.name}${isAnnouncing ? ' announces' : ''}:`, ...problems.slice(-20)].join('\n  '),
    )
    const answers = this.answers.slice(-20).map(({ host, number }) => `${host} ${number}`)
    return [...nodes, `last answers: ${answers.join(', ')}`].join('\n')
  }

  /** The one that has the address whenever all are well. */
  get firstByElection(): RunningHost {
    const [first] = this.nodes.toSorted((a, b) => (digestOf(a.host.name) < digestOf(b.host.name) ? -1 : 1))
    if (first === undefined) throw new Error('no hosts')
    return first
  }

  /** The one that has the address whenever all are well, once it announces while all others are there and do not. */
  async settled(): Promise<RunningHost> {
    const owner = this.firstByElection
    const stable = (): boolean => {
      if (!this.nodes.every((node) => node.isAnnouncing === (node === owner))) return false
      const readyMs = Math.max(...this.nodes.map((node) => node.readyMs))
      const last = this.answers.slice(-SETTLED_ANSWERS)
      const isSteady = last.every(({ host, atMs }, index) => {
        const pauseMs = atMs - (last[index - 1]?.atMs ?? atMs)
        return host === owner.host.name && atMs > readyMs && pauseMs < 100
      })
      return last.length === SETTLED_ANSWERS && isSteady
    }
    await this.until(`${owner.host.name} alone announces the address`, stable)
    return owner
  }

  async ended(child: ChildProcess): Promise<number | null> {
    if (child.exitCode !== null) return child.exitCode
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(DEADLINE_MS) })) as [number | null]
    return code
  }

  async destroy(): Promise<void> {
    await this.net.destroy()
    this.#objects.remove()
  }

  #take(line: string): void {
    const [host = '', number = '', atMs = ''] = line.split(' ')
    this.answers.push({ host, number: Number(number), atMs: Number(atMs) })
    this.#events.emit('any')
  }
}

/** Half a second. */
const SETTLED_ANSWERS = 50

/** By which nodes that are equally well are ordered: the lowest is first (MetalLB's rule, so that an upgrade moves nothing). */
function digestOf(nodeName: string): string {
  return createHash('sha256').update(`${nodeName}#${ADDRESS}`).digest('hex')
}

function objectsOf(nodes: readonly RunningHost[], facts: Readonly<Record<string, NodeFacts>>): readonly KubeManifest[] {
  return [
    ...nodes.map(({ host }) => node(host.name, host.ipv4, facts[host.name])),
    pool('pool', `${ADDRESS}-${ADDRESS}`),
    l2Advertisement('all'),
    service('echo', ADDRESS, { ports: [{ port: PORT, protocol: 'UDP' }] }),
    endpoints(
      'echo',
      nodes.map(({ host }) => host.name),
    ),
  ]
}
