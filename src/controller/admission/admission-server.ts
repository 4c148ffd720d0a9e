/**
 * The HTTPS server that the API server asks about objects. It answers every path, never with less than an answer: a
 * fault of our own allows the object, with a warning.
 */
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sendError, sendJson } from '../../admin/answer.ts'
import { readBody } from '../../admin/read-body.ts'
import type { CertificatePair } from '../../base/certificate.ts'
import { ListenError } from '../../proxy/listen-error.ts'
import { type AdmissionRequest, formatReview, parseReview, type Verdict } from './admission-review.ts'

export interface AdmissionServer {
  readonly port: number
  /** Serves new connections with this certificate. @throws {Error} when it is none */
  readonly useCertificate: (pair: CertificatePair) => void
  close(): Promise<void>
}

export interface AdmissionServerOptions {
  /** `:8443`, `127.0.0.1:8443`, `[::1]:0` */
  readonly address: string
  readonly judge: (request: AdmissionRequest) => Promise<Verdict>
  readonly onProblem: (message: string) => void
}

/** As ingress-nginx's. */
const MAX_BODY_BYTES = 9 * 1_048_576
const REQUEST_MS = 30_000
/** Longer than the API server keeps idle connections (90 s): it does not ask again when one ends under its question. */
const KEEP_ALIVE_MS = 120_000

/** @throws {ListenError} when the address cannot be listened on */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<AdmissionServer> {
  const { host, port } = parseAddress(options.address)
  const server = createServer(
    { requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS, minVersion: 'TLSv1.2' },
    (request, response) => {
      answer(request, response, options).catch((error: unknown) => {
        if (response.destroyed || request.destroyed) return
        options.onProblem(`Cannot answer the API server: ${textOf(error)}`)
        if (response.headersSent) response.destroy()
        else sendError(response, 500, 'Cannot answer: an internal error was logged')
      })
    },
  )
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(host, port, error)))
  server.listen(port, host === '' ? undefined : host, resolve)
  await promise
  return {
    port: (server.address() as AddressInfo).port,
    useCertificate: ({ certPem, keyPem }) => server.setSecureContext({ cert: certPem, key: keyPem }),
    async close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { judge, onProblem }: AdmissionServerOptions,
): Promise<void> {
  if (request.method !== 'POST') return sendError(response, 405, 'Cannot answer: only POST is taken', { Allow: 'POST' })
  const body = await readBody(request, MAX_BODY_BYTES)
  if (body === null) {
    const message = `Cannot read the review: it is longer than ${MAX_BODY_BYTES} bytes`
    return sendError(response, 413, message, { Connection: 'close' })
  }
  const review = parseReview(body)
  if (review === null)
    return sendError(response, 400, 'Cannot read the review: it is no AdmissionReview with a request')
  let verdict: Verdict
  try {
    verdict = await judge(review)
  } catch (error) {
    onProblem(`Cannot judge an object of ${review.namespace}: ${textOf(error)}; it was allowed`)
    verdict = { message: '', warnings: ['Genkan could not check this object: an internal error was logged'] }
  }
  sendJson(response, 200, formatReview(review.uid, verdict))
}

function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3] ?? Number.NaN)
  if (match === null || port > 65_535) {
    const error = new Error(`Cannot use --validating-webhook ${address}: accepted is HOST:PORT or :PORT`)
    throw Object.assign(error, { code: 'ERR_ADDRESS' })
  }
  return { host: match[1] ?? match[2] ?? '', port }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
