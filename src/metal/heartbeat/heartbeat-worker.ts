/** The heartbeat thread: nothing else runs here, so that what keeps the rest of the process busy does not look like its death. */
import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { HeartbeatCommand, HeartbeatMessage, HeartbeatSetup } from './heartbeat-messages.ts'
import { createHeartbeatSockets } from './heartbeat-sockets.ts'
import { Membership } from './membership.ts'
import { StrangeKeys } from './strange-keys.ts'

const port = parentPort
if (port === null) throw new TypeError('Cannot run heartbeats by themselves: they are a thread of the speaker')
const setup = workerData as HeartbeatSetup

const sockets = createHeartbeatSockets({
  port: setup.port,
  onDatagram(datagram, from) {
    membership.receive(datagram, from, performance.now())
    settleSoon()
  },
  onHearing(isHearing) {
    membership.setHearing(isHearing, performance.now())
    settle()
  },
  onProblem: (message) => post({ kind: 'problem', message }),
})
const membership = new Membership(
  {
    name: setup.name,
    key: Buffer.from(setup.key),
    timing: setup.timing,
    boot: randomBytes(8).readBigUInt64BE() | 1n,
    send: (datagram, address) => sockets.send(datagram, address),
    onDeparture: (departure) => post({ kind: 'departure', departure }),
    onReunion: (name) => post({ kind: 'reunion', name }),
    onForged: (from) => strangers.see(from),
    onHeardAgain: () => post({ kind: 'heard-again' }),
  },
  performance.now(),
)
const strangers = new StrangeKeys((message) => post({ kind: 'problem', message }))
let timer: NodeJS.Timeout | undefined
let told = ''
let isSettling = false
let isClosed = false
sockets.bind(setup.addresses)

port.on('message', (command: HeartbeatCommand) => {
  obey(command)
  if (command.kind !== 'close') settle()
})

function obey(command: HeartbeatCommand): void {
  switch (command.kind) {
    case 'peers':
      strangers.setPeers(command.peers)
      return membership.setPeers(command.peers, performance.now())
    case 'addresses':
      return sockets.bind(command.addresses)
    case 'interfaces':
      return membership.setInterfaces(command.interfaces)
    case 'link':
      return membership.setLink(command.isUp, performance.now())
    case 'stale':
      return membership.setStale(command.seconds)
    case 'leave':
      return membership.leave(performance.now())
    case 'stats':
      return post({ kind: 'stats', id: command.id, stats: membership.stats() })
    case 'close':
      isClosed = true
      clearTimeout(timer)
      sockets.close()
      port?.close()
  }
}

/** Once for all datagrams that lie there: among hundreds of nodes looking at all of them for each costs more than there is. */
function settleSoon(): void {
  if (isSettling) return
  isSettling = true
  setImmediate(() => {
    isSettling = false
    if (!isClosed) settle()
  })
}

/** Does what is due, tells what changed, and sleeps until something else is due. */
function settle(): void {
  const pauseMs = membership.advance(performance.now())
  const view = membership.view(performance.now())
  const text = JSON.stringify(view)
  if (text !== told) {
    told = text
    strangers.heard(view.members)
    post({ kind: 'view', view })
  }
  clearTimeout(timer)
  timer = setTimeout(settle, pauseMs)
}

function post(message: HeartbeatMessage): void {
  port?.postMessage(message)
}
