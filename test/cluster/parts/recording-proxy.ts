/**
 * Stands between one replica and the real API server: writes down what the replica asks, and cuts it off on demand as a lost
 * link would (nothing is refused, nothing is answered).
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { formatKubeconfig, type KubeconfigUser } from './credentials.ts'
import type { TestCluster } from './test-cluster.ts'

export interface RecordedCall {
  readonly method: string
  readonly path: string
  /** When it arrived, as `performance.now()`. */
  readonly atMs: number
  /** Of the answer, 0 = none yet. */
  status: number
}

export interface RecordingProxy {
  /** Leads through the proxy. */
  readonly kubeconfig: string
  readonly calls: readonly RecordedCall[]
  /** Writes but those of the Lease. */
  writes(sinceMs?: number): readonly RecordedCall[]
  cut(): void
  mend(): void
  /** Status to answer with, by the proxy itself; 0 = ask the API server. */
  answer: (call: RecordedCall) => number
  /** Ends all connections, watches with them. */
  drop(): void
  /** Called for each request that arrives. */
  onCall: (call: RecordedCall) => void
  stop(): Promise<void>
}

/** @param user of the kubeconfig; default: whoever may do everything */
export async function startRecordingProxy(
  cluster: TestCluster,
  user: KubeconfigUser = { token: cluster.credentials.adminToken },
): Promise<RecordingProxy> {
  const folder = createTemporaryFolder()
  const { credentials, url } = cluster
  const agent = new Agent({ ca: credentials.authority.certPem, keepAlive: true })
  const calls: RecordedCall[] = []
  const sockets = new Set<Socket>()
  let isCut = false
  const pass = (incoming: IncomingMessage, response: ServerResponse, call: RecordedCall): void => {
    const { method = 'GET', url: path = '/', headers } = incoming
    const outgoing = request(`${url}${path}`, { method, headers, agent }, (answer) => {
      call.status = answer.statusCode ?? 0
      response.writeHead(call.status, answer.headers)
      // A watch is open before anything happens.
      response.flushHeaders()
      answer.on('data', (chunk: Buffer) => {
        if (!isCut) response.write(chunk)
      })
      answer.on('end', () => response.end())
      answer.on('error', () => response.destroy())
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }
  const drop = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((incoming, response) => {
    // On a lost link nothing arrives.
    if (isCut) return
    const call = { method: incoming.method ?? 'GET', path: incoming.url ?? '/', atMs: performance.now(), status: 0 }
    calls.push(call)
    proxy.onCall(call)
    call.status = proxy.answer(call)
    if (call.status === 0) pass(incoming, response, call)
    else refuse(incoming, response, call.status)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const kubeconfig = folder.file('kubeconfig')
  const config = formatKubeconfig(`http://127.0.0.1:${port}`, credentials.authority.certPem, user)
  writeFileSync(kubeconfig, config, { mode: 0o600 })
  const proxy: RecordingProxy = {
    kubeconfig,
    calls,
    writes: (sinceMs = 0) =>
      calls.filter(({ method, path, atMs }) => method !== 'GET' && !path.includes('/leases') && atMs >= sinceMs),
    cut() {
      isCut = true
    },
    mend() {
      isCut = false
      drop()
    },
    answer: () => 0,
    drop,
    onCall: () => undefined,
    async stop() {
      drop()
      agent.destroy()
      server.close()
      await once(server, 'close')
      folder[Symbol.dispose]()
    },
  }
  return proxy
}

/** A Status as the API server would write it. */
function refuse(incoming: IncomingMessage, response: ServerResponse, code: number): void {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'made up by the test', code }
  incoming.resume().on('end', () => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status))
  })
}
