/** Health and metrics of a speaker over HTTP. A port that is taken costs the metrics, not the announcements. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EXPOSITION_CONTENT_TYPE } from '../../../proxy/metrics/exposition.ts'
import type { SpeakerMetrics } from './speaker-metrics.ts'
import type { SpeakerEvents, SpeakerOptions } from './speaker-options.ts'
import type { Speaker } from './speaker.ts'

export interface SpeakerMetricsServer {
  readonly port: number
  close(): Promise<void>
}

const MAX_CONNECTIONS = 64
const IDLE_MS = 30_000

/**
 * A speaker that waits for its cluster is healthy and not ready.
 *
 * @param current `null` = it has read nothing yet
 * @returns `null` when it is off, or its port cannot be had
 */
export async function startSpeakerMetrics(
  current: () => Speaker | null,
  metrics: SpeakerMetrics,
  { metricsPort, metricsHost }: Pick<SpeakerOptions, 'metricsPort' | 'metricsHost'>,
  { problem }: Pick<SpeakerEvents, 'problem'>,
): Promise<SpeakerMetricsServer | null> {
  if (metricsPort === 0) return null
  const server = createServer((request, response) => {
    // Whatever a client writes there: what is no URL is no reason to end.
    const [pathname] = (request.url ?? '/').split('?')
    const answer = async (): Promise<void> => {
      const speaker = current()
      if (pathname === '/metrics') {
        const text = speaker === null ? '' : await metrics.format(speaker)
        response.writeHead(200, { 'content-type': EXPOSITION_CONTENT_TYPE }).end(text)
      } else if (pathname === '/healthz' || pathname === '/readyz') {
        const isReady = speaker?.facts.hasConfig === true
        const isWell = pathname === '/readyz' ? isReady : speaker === null || (await speaker.isWell())
        response.writeHead(isWell ? 200 : 503, { 'content-type': 'text/plain' }).end(isWell ? 'ok\n' : 'not ready\n')
      } else response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
    }
    answer().catch(() => response.destroy())
  })
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = IDLE_MS
  try {
    await listen(server, metricsPort, metricsHost)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    problem(`Cannot serve metrics on port ${metricsPort}: ${reason}; give --metrics-port PORT, or 0 for none`)
    return null
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', reject)
      server.on('error', () => {})
      resolve()
    })
  })
}
