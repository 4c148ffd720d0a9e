/** Heartbeats between speakers, from a thread of their own. */
import { Worker } from 'node:worker_threads'
import type { Secret } from '../../base/secret.ts'
import type { HeartbeatCommand, HeartbeatMessage, HeartbeatSetup } from './heartbeat-messages.ts'
import type {
  HeartbeatDeparture,
  HeartbeatInterface,
  HeartbeatPeer,
  HeartbeatStats,
  HeartbeatTiming,
  HeartbeatView,
} from './heartbeat-model.ts'

export interface HeartbeatsOptions {
  /** Of the own Node. */
  readonly name: string
  /** InternalIPs of the own Node. */
  readonly addresses: readonly string[]
  readonly port: number
  /** Shared by all speakers of a cluster. */
  readonly key: Secret
  readonly timing: HeartbeatTiming
  /** Called with every change. */
  readonly onView: (view: HeartbeatView) => void
  readonly onDeparture: (departure: HeartbeatDeparture) => void
  /** A node that was given up turns out to have been there all the time. The view with it comes next. */
  readonly onReunion: (name: string) => void
  /** A node that had given this one up, and was heard all the time, hears it again: it may have announced the same addresses. */
  readonly onHeardAgain: () => void
  readonly onProblem: (message: string) => void
  /** The thread has ended without being told to: nobody knows who is alive any more. */
  readonly onFailed: (message: string) => void
}

export interface Heartbeats {
  /** All nodes that should have a speaker, but the own one. */
  setPeers(peers: readonly HeartbeatPeer[]): void
  /** Other addresses of the own Node. */
  setAddresses(addresses: readonly string[]): void
  /** What others are told about this node. */
  setInterfaces(interfaces: readonly HeartbeatInterface[] | null): void
  /** Whether the link with the Node's address is there. */
  setLink(isUp: boolean): void
  /** How far what is known of the cluster may be out of date: whole seconds; `null` = not known yet. */
  setStale(seconds: number | null): void
  /** Tells all that this node takes no part any more; several times, because datagrams get lost. */
  leave(): Promise<void>
  /** @throws {Error} when the thread has ended */
  stats(): Promise<HeartbeatStats>
  close(): Promise<void>
}

const GOODBYES = 3
const GOODBYE_PAUSE_MS = 15

export function createHeartbeats(options: HeartbeatsOptions): Heartbeats {
  const { name, addresses, port, key, timing } = options
  const setup: HeartbeatSetup = { name, addresses, port, key: new Uint8Array(key.reveal()), timing }
  const worker = new Worker(new URL('./heartbeat-worker.ts', import.meta.url), { workerData: setup })
  const waiting = new Map<number, { resolve(stats: HeartbeatStats): void; reject(error: Error): void }>()
  let state: 'running' | 'closing' | 'ended' = 'running'
  let reason = 'the thread has ended'
  let lastId = 0

  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      const wasRunning = state === 'running'
      state = 'ended'
      for (const request of waiting.values()) request.reject(new Error('Cannot read counters: heartbeats have ended'))
      waiting.clear()
      if (wasRunning) options.onFailed(`Cannot exchange heartbeats: ${reason}`)
      resolve()
    })
  })
  worker.on('error', (error) => {
    reason = error instanceof Error ? error.message : String(error)
  })
  worker.on('message', (message: HeartbeatMessage) => {
    if (message.kind === 'stats') {
      waiting.get(message.id)?.resolve(message.stats)
      waiting.delete(message.id)
    }
    if (state !== 'running') return
    if (message.kind === 'view') options.onView(message.view)
    else if (message.kind === 'departure') options.onDeparture(message.departure)
    else if (message.kind === 'reunion') options.onReunion(message.name)
    else if (message.kind === 'heard-again') options.onHeardAgain()
    else if (message.kind === 'problem') options.onProblem(message.message)
  })

  function tell(command: HeartbeatCommand): void {
    if (state !== 'ended') worker.postMessage(command)
  }

  return {
    setPeers: (peers) => tell({ kind: 'peers', peers }),
    setAddresses: (addresses) => tell({ kind: 'addresses', addresses }),
    setInterfaces: (interfaces) => tell({ kind: 'interfaces', interfaces }),
    setLink: (isUp) => tell({ kind: 'link', isUp }),
    setStale: (seconds) => tell({ kind: 'stale', seconds }),
    async leave() {
      for (let count = 0; count < GOODBYES; count++) {
        tell({ kind: 'leave' })
        await new Promise((resolve) => setTimeout(resolve, GOODBYE_PAUSE_MS))
      }
    },
    stats() {
      if (state === 'ended') return Promise.reject(new Error('Cannot read counters: heartbeats have ended'))
      const id = ++lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        tell({ kind: 'stats', id })
      })
    },
    async close() {
      if (state === 'running') {
        state = 'closing'
        worker.postMessage({ kind: 'close' } satisfies HeartbeatCommand)
      }
      await ended
    },
  }
}
