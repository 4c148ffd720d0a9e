/**
 * A new version takes over from a running one: the old program starts the new one and sends it the sockets that it listens
 * on, so that no connection is refused or lost. It retires once the new one serves; if that fails, it serves on.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { ListeningSockets, SocketPair } from './plane/listening-sockets.ts'
import type { BoundHandle } from './plane/raw-handles.ts'

/** Set for a program that is to take over. */
const MARK = 'GENKAN_TAKES_OVER'
/** A new version that does not serve by then is ended. */
const READY_MS = 60_000

/** All that a program listens on itself. Ports of TCP and UDP services are opened anew, shared with the old program's. */
export interface ProgramSockets {
  readonly plane: ListeningSockets
  readonly admin: BoundHandle
}

type ToSuccessor =
  | { readonly kind: 'socket'; readonly place: 'http' | 'https' | 'admin' }
  | { readonly kind: 'sockets'; readonly httpPort: number; readonly httpsPort: number }

type FromSuccessor = { readonly kind: 'waits' } | { readonly kind: 'serves' }

/**
 * Starts this program anew, from the files as they are now, with the same arguments.
 *
 * @returns its process id, when it serves
 * @throws {Error} with a message for people when it does not; it is ended then
 */
export async function startSuccessor({ plane, admin }: ProgramSockets): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, [MARK]: '1' },
  })
  const signal = AbortSignal.timeout(READY_MS)
  try {
    await heard(child, 'waits', signal)
    for (const { http, https } of plane.pairs) {
      send(child, { kind: 'socket', place: 'http' }, http)
      send(child, { kind: 'socket', place: 'https' }, https)
    }
    send(child, { kind: 'socket', place: 'admin' }, admin)
    send(child, { kind: 'sockets', httpPort: plane.httpPort, httpsPort: plane.httpsPort })
    await heard(child, 'serves', signal)
  } catch (error) {
    child.kill('SIGKILL')
    const reason = signal.aborted ? `it did not serve in ${READY_MS / 1000} s` : (error as Error).message
    throw new Error(`Cannot hand over to the new version: ${reason}; this one serves on`, { cause: error })
  }
  if (child.connected) child.disconnect()
  child.unref()
  return child.pid ?? 0
}

/** What a program that was started to take over has to do. */
export interface Succession {
  readonly sockets: ProgramSockets
  /** Tells the old program that this one serves: it may retire. */
  serves(): void
}

/** @returns `null` in a program that was started as usual */
export async function awaitSuccession(): Promise<Succession | null> {
  if (process.env[MARK] === undefined || process.send === undefined) return null
  // Not for what this program starts.
  delete process.env[MARK]
  const { promise, resolve } = Promise.withResolvers<ProgramSockets>()
  const http: BoundHandle[] = []
  const https: BoundHandle[] = []
  let admin: BoundHandle | null = null
  process.on('message', (message: ToSuccessor, handle: unknown) => {
    if (message.kind === 'socket') {
      const socket = handle as BoundHandle
      if (message.place === 'admin') admin = socket
      else (message.place === 'http' ? http : https).push(socket)
    } else if (admin !== null) {
      const { httpPort, httpsPort } = message
      const pairs = http.map((one, index): SocketPair => ({ http: one, https: https[index]! }))
      resolve({ plane: { httpPort, httpsPort, pairs }, admin })
    }
  })
  tell({ kind: 'waits' })
  const sockets = await promise
  return {
    sockets,
    serves() {
      tell({ kind: 'serves' })
      process.removeAllListeners('message')
    },
  }
}

function tell(message: FromSuccessor): void {
  process.send?.(message)
}

function send(child: ChildProcess, message: ToSuccessor, handle?: BoundHandle): void {
  // Raw handles are what Node sends without using them; the types know sockets and servers only.
  child.send(message, handle as unknown as Socket | undefined)
}

async function heard(child: ChildProcess, kind: FromSuccessor['kind'], signal: AbortSignal): Promise<void> {
  const ends = new AbortController()
  const gone = once(child, 'exit', { signal: ends.signal }).then(([code, by]) => {
    throw new Error(`it ended with ${code === null ? String(by) : `code ${String(code)}`}`)
  })
  const told = async (): Promise<void> => {
    for (;;) {
      const [message] = (await once(child, 'message', { signal: AbortSignal.any([signal, ends.signal]) })) as [
        FromSuccessor,
      ]
      if (message.kind === kind) return
    }
  }
  try {
    await Promise.race([told(), gone])
  } finally {
    gone.catch(() => undefined)
    ends.abort()
  }
}
