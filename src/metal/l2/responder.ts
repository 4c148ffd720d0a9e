/**
 * Answers ARP and neighbour discovery for the addresses that this node announces, from a thread of its own. Needs Linux, the
 * capability NET_RAW and the optional package `koffi`; what is missing is told as the event `failed`.
 */
import { closeSync, writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { L2Announcement } from '../announcement.ts'
import { toAddressKey } from './address-key.ts'
import type { ResponderCommand, ResponderMessage } from './responder-messages.ts'
import type { L2Event, L2Interface, L2Settings, L2Stats } from './responder-model.ts'
import { DEFAULT_EXCLUDED_INTERFACES, DEFAULT_PROBE } from './responder-model.ts'

export interface L2ResponderOptions extends Partial<L2Settings> {
  /** Called from the event loop, in order. */
  readonly onEvent: (event: L2Event) => void
}

export interface L2Responder {
  /**
   * The whole set of addresses wished from now on; differences to the last one are worked out, and nothing happens for what
   * stays. Those in `takenOver` were another speaker's until now: they are announced at once, without a probe.
   */
  announce(wished: readonly L2Announcement[], takenOver?: readonly string[]): void
  /** Stops answering for one address, as a set without it would; the next set says anew. */
  withdraw(address: string): void
  /** Announces addresses again as if just taken over, against others who say to have them. */
  defend(...addresses: readonly string[]): void
  /** Announces a wished address at once although another was found to have it: that one is about to leave it. */
  insist(address: string): void
  /** Changes settings; what is not given stays. */
  configure(settings: Partial<L2Settings>): void
  /** As last told; empty before that. */
  interfaces(): readonly L2Interface[]
  /** @throws {Error} when the responder has ended */
  stats(): Promise<L2Stats>
  /** Resolves when nothing is answered any more. */
  close(): Promise<void>
}

const WAKE = Buffer.alloc(8)
WAKE.writeBigUInt64LE(1n)

/** Starts at once; `ready` or `failed` is the first event but for those about interfaces. */
export function createL2Responder(options: L2ResponderOptions): L2Responder {
  let settings: L2Settings = {
    excludedInterfaces: options.excludedInterfaces ?? DEFAULT_EXCLUDED_INTERFACES,
    probe: options.probe === undefined ? DEFAULT_PROBE : options.probe,
    periodicMs: options.periodicMs ?? 0,
    isPromiscuous: options.isPromiscuous ?? false,
  }
  const worker = new Worker(new URL('./responder-worker.ts', import.meta.url), { workerData: settings })
  const waiting = new Map<number, { resolve(stats: L2Stats): void; reject(error: Error): void }>()
  let wished: readonly L2Announcement[] = []
  let interfaces: readonly L2Interface[] = []
  let wakeFd = -1
  let state: 'running' | 'closing' | 'ended' = 'running'
  let hasFailed = false
  let lastId = 0

  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      const wasRunning = state === 'running'
      state = 'ended'
      if (wakeFd >= 0) closeSync(wakeFd)
      wakeFd = -1
      for (const request of waiting.values()) request.reject(new Error('Cannot read counters: the responder has ended'))
      waiting.clear()
      if (wasRunning) fail('the thread has ended')
      resolve()
    })
  })
  worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error)))
  worker.on('message', (message: ResponderMessage) => {
    switch (message.kind) {
      case 'wake':
        wakeFd = message.fd
        wake()
        break
      case 'stats':
        waiting.get(message.id)?.resolve(message.stats)
        waiting.delete(message.id)
        break
      case 'events':
        for (const event of message.events) {
          if (event.kind === 'interfaces') interfaces = event.interfaces
          if (event.kind === 'failed') hasFailed = true
          if (state === 'running') options.onEvent(event)
        }
        break
    }
  })

  function fail(reason: string): void {
    if (hasFailed) return
    hasFailed = true
    options.onEvent({ kind: 'failed', code: 'BROKEN', message: `Cannot answer ARP and NDP: ${reason}` })
  }

  function tell(command: ResponderCommand): void {
    if (state === 'ended') return
    worker.postMessage(command)
    wake()
  }

  function wake(): void {
    if (wakeFd >= 0) writeSync(wakeFd, WAKE)
  }

  function announce(next: readonly L2Announcement[], takenOver: readonly string[] = []): void {
    wished = next
    tell({ kind: 'announce', wished, takenOver })
  }

  return {
    announce,
    withdraw(address) {
      const key = toAddressKey(address)
      announce(wished.filter((announcement) => toAddressKey(announcement.address) !== key))
    },
    defend: (...addresses) => tell({ kind: 'defend', addresses }),
    insist: (address) => tell({ kind: 'insist', address }),
    configure(changes) {
      settings = { ...settings, ...changes }
      tell({ kind: 'configure', settings })
    },
    interfaces: () => interfaces,
    stats() {
      if (state === 'ended') return Promise.reject(new Error('Cannot read counters: the responder has ended'))
      const id = (lastId += 1)
      return new Promise<L2Stats>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        tell({ kind: 'stats', id })
      })
    },
    async close() {
      if (state === 'running') {
        state = 'closing'
        worker.postMessage({ kind: 'close' } satisfies ResponderCommand)
        wake()
      }
      await ended
    },
  }
}
