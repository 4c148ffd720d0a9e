/** A worker process: serves what the control process sends, holds nothing else. Started by `worker-pool.ts`. */
import type { RoutingModel } from '../../routing/model.ts'
import { applyModelDelta } from '../../routing/model-delta.ts'
import { startLocalPlane } from './local-plane.ts'
import type { TrafficPlane } from './traffic-plane.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

const METRICS_MS = 1000

let plane: TrafficPlane | null = null
let version = 0
let model: RoutingModel | null = null

process.on('message', (message: ToWorker) => {
  void receive(message)
})
// Without its control process a worker has no configuration to follow: it lets its clients go and ends.
process.on('disconnect', () => {
  void end(0)
})
// The control process decides when to stop; a signal to the whole group must not cut connections here.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

async function receive(message: ToWorker): Promise<void> {
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
      await end(message.graceMs)
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
  version = message.version
  model = message.model
  try {
    plane = await startLocalPlane({
      ...options,
      sharedPort: { ticketKeys: Buffer.from(ticketKeys) },
      ...(model === null ? {} : { model }),
      onProblem: (message) => send({ kind: 'problem', message }),
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
    send({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) })
    process.disconnect()
    return
  }
  send({ kind: 'listening', httpPort: plane.httpPort, httpsPort: plane.httpsPort })
  setInterval(sendMetrics, METRICS_MS).unref()
}

async function end(graceMs: number): Promise<void> {
  await plane?.drain(graceMs)
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
    },
  })
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message)
}
