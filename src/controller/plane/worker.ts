/** A worker process: serves what the control process sends, holds nothing else. Started by `worker-pool.ts`. */
import type { Socket } from 'node:net'
import type { RoutingModel } from '../../routing/model.ts'
import { applyModelDelta } from '../../routing/model-delta.ts'
import { LimitPeers } from './limit-peers.ts'
import { type LocalPlane, startLocalPlane } from './local-plane.ts'
import type { BoundHandle, RawConnection } from './raw-handles.ts'
import { WorkerConnections } from './worker-connections.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

const METRICS_MS = 1000

let plane: LocalPlane | null = null
const sockets: { http?: BoundHandle; https?: BoundHandle } = {}
let version = 0
let model: RoutingModel | null = null

const connections = new WorkerConnections({
  plainCount: () => plane?.openCount('http') ?? 0,
  accept: (socket, scheme) => {
    if (plane === null) socket.destroy()
    else plane.takeIn(socket, scheme)
  },
  report: (report) => send({ kind: 'share', report }),
  give: (connection, scheme, report, sent) => {
    const message: FromWorker = { kind: 'give', scheme, report }
    // Raw handles are what Node sends without reading from them; the types know sockets only.
    if (process.connected) process.send?.(message, connection as unknown as Socket, {}, sent)
    else sent()
  },
})

process.on('message', (message: ToWorker, handle: unknown) => {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- what has no handle and takes its time is received below
  switch (message.kind) {
    case 'socket':
      sockets[message.scheme] = handle as BoundHandle
      break
    case 'take':
      connections.take(handle as RawConnection, message.scheme, message.others)
      break
    case 'share':
      connections.learn(message.others)
      break
    default:
      void receive(message)
  }
})
// Without its control process a worker has no configuration to follow: it lets its clients go and ends.
process.on('disconnect', () => {
  void end(0)
})
// The control process decides when to stop; a signal to the whole group must not cut connections here.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
// Node would open a debugger for it.
process.on('SIGUSR1', () => undefined)

async function receive(message: Exclude<ToWorker, { kind: 'socket' | 'take' | 'share' }>): Promise<void> {
  switch (message.kind) {
    case 'start':
      await start(message)
      break
    case 'model':
      await apply(message.version, message.model)
      break
    case 'delta':
      if (model === null || message.from !== version) send({ kind: 'gap' })
      else await apply(message.version, applyModelDelta(model, message.delta))
      break
    case 'reopen-log':
      plane?.reopenLog()
      break
    case 'drain':
      await end(message.graceMs, message.isPatient)
      break
  }
}

async function apply(newVersion: number, newModel: RoutingModel): Promise<void> {
  // Before anything waits: the next delta may come meanwhile.
  version = newVersion
  model = newModel
  await plane?.apply(newModel)
  send({ kind: 'applied', version: newVersion })
}

async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  const { options, ticketKeys } = message
  connections.learn(message.others)
  version = message.version
  model = message.model
  const { http, https } = sockets
  if (http === undefined || https === undefined) throw new TypeError('Cannot start: no sockets came before the start')
  try {
    const peers = await LimitPeers.open(message.limits, () => plane?.limits ?? null)
    plane = await startLocalPlane({
      ...options,
      sockets: { http, https },
      sharedPort: {
        ticketKeys: Buffer.from(ticketKeys),
        giveAway: connections.giveAway,
        limitOwnerOf: peers.ownerOf,
      },
      ...(model === null ? {} : { model }),
      onProblem: (message) => send({ kind: 'problem', message }),
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
    send({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
    process.disconnect()
    return
  }
  send({ kind: 'listening' })
  setInterval(sendMetrics, METRICS_MS).unref()
}

async function end(graceMs: number, isPatient = false): Promise<void> {
  await plane?.drain(graceMs, isPatient)
  sendMetrics()
  process.exit(0)
}

function sendMetrics(): void {
  if (plane === null) return
  send({
    kind: 'metrics',
    metrics: {
      requests: plane.requestMetrics(),
      connections: plane.connections(),
      droppedLogLines: plane.droppedLogLines(),
      spans: plane.spans(),
      mirrors: plane.mirrors(),
      backends: plane.backendStates(),
    },
  })
}

function send(message: FromWorker): void {
  // A control process that is gone is noticed by 'disconnect'.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined)
}
