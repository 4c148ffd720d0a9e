/** The thread of the layer 2 responder; started by `responder.ts`. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { L2Failure, SOCK_CLOEXEC, SOCK_NONBLOCK, failureOf, loadLibc } from './libc.ts'
import type { ResponderCore } from './responder-core.ts'
import { runResponder } from './responder-loop.ts'
import type { ResponderCommand, ResponderMessage } from './responder-messages.ts'
import type { L2Event, L2Settings } from './responder-model.ts'

/** Events in one message: the owner does other things between two of them. */
const MOST_EVENTS = 500

const port = parentPort
if (port === null) throw new TypeError('Cannot run the layer 2 responder by itself: it is a thread of the speaker')

let events: L2Event[] = []

try {
  const libc = loadLibc()
  const wakeFd = libc.eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC)
  if (wakeFd < 0) throw failureOf(libc, 'open an eventfd')
  post({ kind: 'wake', fd: wakeFd })
  const count = Buffer.alloc(8)
  runResponder(libc, workerData as L2Settings, {
    emit,
    flush,
    commandFd: wakeFd,
    obey(core, loop) {
      // First the counter, then the messages: one that comes in between wakes the thread once more.
      libc.read(wakeFd, count, count.length)
      for (;;) {
        const received = receiveMessageOnPort(port) as { readonly message: ResponderCommand } | undefined
        if (received === undefined) return true
        if (!obey(received.message, core, loop)) return false
      }
    },
  })
} catch (error) {
  const code = error instanceof L2Failure ? error.code : 'BROKEN'
  const message = error instanceof Error ? error.message : String(error)
  emit({ kind: 'failed', code, message })
}
flush()
port.close()

function obey(
  command: ResponderCommand,
  core: ResponderCore,
  loop: { readonly configure: (settings: L2Settings) => void },
): boolean {
  switch (command.kind) {
    case 'announce':
      core.announce(command.wished, command.takenOver)
      return true
    case 'defend':
      core.defend(command.addresses)
      return true
    case 'insist':
      core.insist(command.address)
      return true
    case 'configure':
      loop.configure(command.settings)
      return true
    case 'stats':
      flush()
      post({ kind: 'stats', id: command.id, stats: core.counters.read() })
      return true
    case 'close':
      return false
  }
}

function emit(event: L2Event): void {
  events.push(event)
  if (events.length >= MOST_EVENTS) flush()
}

function flush(): void {
  if (events.length === 0) return
  post({ kind: 'events', events })
  events = []
}

function post(message: ResponderMessage): void {
  port?.postMessage(message)
}
