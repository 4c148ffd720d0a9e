/** A responder inside a host, as a test drives it. */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { L2Event, L2Settings, L2Stats } from '../../../src/metal/l2/responder-model.ts'
import type { Host } from './hosts.ts'

export type SeenEvent = L2Event & { readonly atMs: number }

export interface TestedResponder {
  readonly events: readonly SeenEvent[]
  /** Addresses that are announced from now on, on all interfaces. */
  announce(addresses: readonly string[], takenOver?: readonly string[]): void
  tell(command: Record<string, unknown>): void
  /** The first event that fits, of those that came or come after `from` (an index of `events`). */
  event(fits: (event: SeenEvent) => boolean, from?: number): Promise<SeenEvent>
  stats(): Promise<L2Stats>
  close(): Promise<void>
  readonly process: ChildProcess
}

const PROGRAM = new URL('./l2-responder-process.ts', import.meta.url).pathname

/**
 * Starts one and waits until it is ready.
 *
 * @param before a program with arguments that starts it, such as one that takes rights away
 * @throws {Error} when an event does not come within 30 s
 */
export async function startResponder(
  host: Host,
  settings: Partial<L2Settings> = {},
  before: readonly string[] = [],
): Promise<TestedResponder> {
  const [command, ...args] = [...before, process.execPath, PROGRAM, JSON.stringify(settings)]
  const child = host.start(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const events: SeenEvent[] = []
  const stats: ((stats: L2Stats) => void)[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const message = JSON.parse(line) as SeenEvent | { readonly kind: 'stats'; readonly stats: L2Stats }
    if (message.kind === 'stats') stats.shift()?.(message.stats)
    else events.push(message)
    for (const listener of listeners) listener()
  })

  function tell(command: Record<string, unknown>): void {
    child.stdin!.write(`${JSON.stringify(command)}\n`)
  }

  function event(fits: (event: SeenEvent) => boolean, from = 0): Promise<SeenEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(new Error(`No such event: ${JSON.stringify(events.slice(from))}`)), 30_000)
      const settle = (result: SeenEvent | Error): void => {
        clearTimeout(timer)
        listeners.delete(look)
        if (result instanceof Error) reject(result)
        else resolve(result)
      }
      const look = (): void => {
        const found = events.slice(from).find(fits)
        if (found !== undefined) settle(found)
      }
      listeners.add(look)
      look()
    })
  }

  const responder: TestedResponder = {
    events,
    process: child,
    tell,
    event,
    announce: (addresses, takenOver = []) =>
      tell({
        kind: 'announce',
        wished: addresses.map((address) => ({ address, interfaces: [], services: [] })),
        takenOver,
      }),
    stats() {
      const answer = new Promise<L2Stats>((resolve) => void stats.push(resolve))
      tell({ kind: 'stats' })
      return answer
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => {
        child.once('exit', resolve)
      })
      tell({ kind: 'close' })
      await exited
    },
  }
  await event(({ kind }) => kind === 'ready')
  return responder
}
