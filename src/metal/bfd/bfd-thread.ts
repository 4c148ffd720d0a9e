/** The thread of BFD as the rest of the program sees it. */
import { Worker } from 'node:worker_threads'
import type { BfdEvent, BfdOrder, BfdReport, BfdSessionSettings, BfdStatus } from './bfd-model.ts'

export interface BfdWorkerPorts {
  readonly onEvent: (key: string, event: BfdEvent) => void
  readonly onProblem: (problem: string) => void
}

export interface BfdWorker {
  readonly add: (settings: BfdSessionSettings) => void
  /** The peer is told that BFD ends on purpose. */
  readonly remove: (key: string) => void
  /** At most a second old; `null` = there is no such session (yet). */
  readonly status: (key: string) => BfdStatus | null
  /** Resolves when all peers have been told and the thread is gone. */
  readonly close: () => Promise<void>
}

/** A thread that died comes back after so long, with all its sessions. */
const RESTART_MS = 1000
/** For the last words. */
const CLOSE_MS = 2000

export function createBfdWorker({ onEvent, onProblem }: BfdWorkerPorts): BfdWorker {
  const wanted = new Map<string, BfdSessionSettings>()
  let statuses: ReadonlyMap<string, BfdStatus> = new Map()
  let isClosed = false
  let restart: NodeJS.Timeout | undefined
  let onSaid: (() => void) | null = null
  let worker = startThread()

  function startThread(): Worker {
    const thread = new Worker(new URL('./bfd-worker.ts', import.meta.url))
    thread.on('message', (report: BfdReport) => {
      switch (report.kind) {
        case 'event':
          if (wanted.has(report.key)) onEvent(report.key, report.event)
          break
        case 'status':
          statuses = new Map(report.sessions)
          break
        case 'problem':
          onProblem(report.problem)
          break
        case 'closed':
          onSaid?.()
          break
      }
    })
    thread.on('error', (error) => onProblem(`The BFD thread failed: ${error.message}`))
    thread.on('exit', () => {
      onSaid?.()
      if (isClosed) return
      restart = setTimeout(() => {
        worker = startThread()
        for (const settings of wanted.values()) order({ kind: 'add', settings })
      }, RESTART_MS)
    })
    return thread
  }

  function order(message: BfdOrder): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(message)
  }

  async function close(): Promise<void> {
    isClosed = true
    clearTimeout(restart)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS)
      onSaid = () => {
        clearTimeout(timer)
        resolve()
      }
      order({ kind: 'close' })
    })
    await worker.terminate()
  }

  return {
    add(settings) {
      wanted.set(settings.key, settings)
      order({ kind: 'add', settings })
    },
    remove(key) {
      wanted.delete(key)
      order({ kind: 'remove', key })
    },
    status: (key) => statuses.get(key) ?? null,
    close,
  }
}
