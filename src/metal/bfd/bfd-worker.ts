/** The program of the thread that has all BFD sessions: what keeps the main thread busy must not look like a dead node. */
import { parentPort } from 'node:worker_threads'
import { BfdEngine } from './bfd-engine.ts'
import type { BfdOrder, BfdReport } from './bfd-model.ts'

const STATUS_EVERY_MS = 1000

const port = parentPort
if (port === null) throw new Error('Cannot run the BFD thread by itself; it is started by the speaker')

const report = (message: BfdReport): void => port.postMessage(message)
const reportStatus = (): void => report({ kind: 'status', sessions: engine.status() })
const engine = new BfdEngine({
  onEvent(key, event) {
    report({ kind: 'event', key, event })
    reportStatus()
  },
  onProblem: (problem) => report({ kind: 'problem', problem }),
})
const timer = setInterval(reportStatus, STATUS_EVERY_MS)

port.on('message', (order: BfdOrder) => {
  switch (order.kind) {
    case 'add':
      engine.add(order.settings)
      break
    case 'remove':
      engine.remove(order.key)
      break
    case 'close':
      clearInterval(timer)
      void engine.close().then(() => report({ kind: 'closed' }))
      break
  }
})
