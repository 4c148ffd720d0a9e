/** One request to a replica in the test cluster, on a connection of its own. */
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { ServeProcess } from './serve-process.ts'

export interface Question {
  readonly host: string
  readonly path?: string
  readonly method?: string
  readonly isTls?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Subject alternative names of the certificate, empty without TLS. */
  readonly names: string
  /** SHA-256 of the certificate, empty without TLS. */
  readonly fingerprint: string
}

/** What a pod of the test cluster answers. */
export interface Echo {
  readonly path: string
  readonly host: string
  readonly method: string
  readonly proto: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly namespace: string
  readonly ingress: string
  readonly service: string
  readonly pod: string
}

const PATIENCE_MS = 30_000

/** @throws {Error} when there is no answer; certificates are shown, not judged */
export function exchange(server: ServeProcess, question: Question): Promise<Reply> {
  const { host, path = '/', method = 'GET', isTls = false } = question
  const options = {
    host: '127.0.0.1',
    path,
    method,
    agent: false,
    headers: { host, ...question.headers },
    signal: AbortSignal.timeout(PATIENCE_MS),
  } as const
  return new Promise((resolve, reject) => {
    const request = isTls
      ? requestHttps({ ...options, port: server.httpsPort, servername: host, rejectUnauthorized: false })
      : requestHttp({ ...options, port: server.httpPort })
    request.on('error', reject)
    request.on('response', (answer) => {
      const certificate = isTls ? (answer.socket as TLSSocket).getPeerCertificate() : undefined
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          httpVersion: answer.httpVersion,
          headers: answer.headers,
          body,
          names: certificate?.subjectaltname ?? '',
          fingerprint: certificate?.fingerprint256 ?? '',
        }),
      )
    })
    request.end()
  })
}
