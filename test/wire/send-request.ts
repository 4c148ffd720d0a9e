/** Sends one request of a wire case over a real socket and describes the answer. */
import { constants, connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'
import { type ConnectionOptions, TLSSocket } from 'node:tls'
import { openPlain, openTls, readAnswer } from '../support/http1-client.ts'
import { identityOf } from './client-identity.ts'
import { exchangeWebSocketText, WEB_SOCKET_HEADERS } from './web-socket.ts'
import type { WireRequest } from './wire-case.ts'

export interface WireAnswer {
  readonly status: number
  /** Lower-case names; values of several lines joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** DER of the certificate that the server presented, empty on plain connections. */
  readonly certificate: Buffer
  /** Cipher suite, empty on plain connections. */
  readonly cipher: string
}

export interface Ports {
  readonly httpPort: number
  readonly httpsPort: number
}

export async function sendRequest(request: WireRequest, ports: Ports): Promise<readonly WireAnswer[]> {
  const protocol = request.protocol ?? 'http/1.1'
  const isTls = protocol === 'h2' || request.scheme === 'https'
  const serverName = request.sni ?? hostWithoutPort(request.host)
  const socket = isTls
    ? await openTls(ports.httpsPort, serverName, protocol === 'h2' ? ['h2'] : ['http/1.1'], await tlsOptionsOf(request))
    : await openPlain(ports.httpPort)
  // The answer may come, and the connection be closed, before a large body is sent: that is no error here.
  socket.on('error', () => {})
  try {
    const certificate =
      socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0)) : Buffer.alloc(0)
    const cipher = socket instanceof TLSSocket ? socket.getCipher().name : ''
    const answers: WireAnswer[] = []
    if (protocol === 'h2' || protocol === 'h2c') {
      for (const answer of await overHttp2(socket, request, isTls)) answers.push({ ...answer, certificate, cipher })
    } else {
      let next = request
      for (let i = 0; i < (request.times ?? 1); i++) {
        const answer = await overHttp1(socket, next)
        if (request.keepsCookies === true) next = withCookie(next, answer)
        answers.push({ ...answer, certificate, cipher })
      }
    }
    return answers
  } finally {
    socket.destroy()
  }
}

type BareAnswer = Omit<WireAnswer, 'certificate' | 'cipher'>

async function tlsOptionsOf({ clientCertificate, ciphers }: WireRequest): Promise<ConnectionOptions> {
  const identity = clientCertificate === undefined ? null : await identityOf(clientCertificate)
  return {
    ...(identity === null ? {} : { cert: identity.certPem, key: identity.keyPem }),
    ...(ciphers === undefined ? {} : { ciphers, maxVersion: 'TLSv1.2' }),
  }
}

async function overHttp1(socket: Socket, request: WireRequest): Promise<BareAnswer> {
  const method = request.method ?? 'GET'
  const body = bodyOf(request)
  const lines = [`${method} ${request.path} ${(request.protocol ?? 'http/1.1').toUpperCase()}`]
  if (request.host !== '') lines.push(`Host: ${request.host}`)
  const headers = { ...(request.webSocketText === undefined ? {} : WEB_SOCKET_HEADERS), ...request.headers }
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== null)
    lines.push(request.isChunked === true ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8')
  socket.write(body === null ? head : Buffer.concat([head, request.isChunked === true ? toChunks(body) : body]))
  const answer = await readAnswer(socket, method === 'HEAD' ? 'head-response' : 'response')
  const headersSeen: Record<string, string> = {}
  for (const [name, value] of answer.headers) append(headersSeen, name, value)
  if (answer.status === 101 && request.webSocketText !== undefined) {
    return { status: 101, headers: headersSeen, body: await exchangeWebSocketText(socket, request.webSocketText) }
  }
  return { status: answer.status, headers: headersSeen, body: answer.body.toString('utf8') }
}

async function overHttp2(socket: Socket, request: WireRequest, isTls: boolean): Promise<readonly BareAnswer[]> {
  const scheme = isTls ? 'https' : 'http'
  const session = connectHttp2(`${scheme}://127.0.0.1`, { createConnection: () => socket })
  try {
    const answers: BareAnswer[] = []
    for (let i = 0; i < (request.times ?? 1); i++) {
      answers.push(
        await new Promise<BareAnswer>((resolve, reject) => {
          session.once('error', reject)
          const body = bodyOf(request)
          const stream = session.request(
            {
              [constants.HTTP2_HEADER_METHOD]: request.method ?? 'GET',
              [constants.HTTP2_HEADER_SCHEME]: scheme,
              [constants.HTTP2_HEADER_PATH]: request.path,
              ...(request.host === '' ? {} : { [constants.HTTP2_HEADER_AUTHORITY]: request.host }),
              ...request.headers,
            },
            { endStream: body === null },
          )
          if (body !== null) stream.end(body)
          let status = 0
          const headers: Record<string, string> = {}
          const chunks: Buffer[] = []
          stream.on('response', (seen) => {
            status = Number(seen[':status'])
            for (const [name, value] of Object.entries(seen)) {
              if (!name.startsWith(':')) append(headers, name, Array.isArray(value) ? value.join(', ') : String(value))
            }
          })
          stream.on('data', (chunk: Buffer) => chunks.push(chunk))
          stream.on('error', reject)
          stream.on('end', () => resolve({ status, headers, body: Buffer.concat(chunks).toString('utf8') }))
        }),
      )
    }
    return answers
  } finally {
    session.destroy()
  }
}

/** The request with the cookie that the answer set, if any; attributes are not looked at. */
function withCookie(request: WireRequest, { headers }: BareAnswer): WireRequest {
  const cookie = headers['set-cookie']?.split(';', 1)[0]
  return cookie === undefined ? request : { ...request, headers: { ...request.headers, Cookie: cookie } }
}

function bodyOf(request: WireRequest): Buffer | null {
  if (request.bodyBytes !== undefined) return Buffer.alloc(request.bodyBytes, 'genkan ')
  return request.body === undefined ? null : Buffer.from(request.body, 'utf8')
}

function toChunks(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2)
  const chunk = (part: Buffer): Buffer[] =>
    part.length === 0 ? [] : [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]
  return Buffer.concat([...chunk(body.subarray(0, half)), ...chunk(body.subarray(half)), Buffer.from('0\r\n\r\n')])
}

function append(headers: Record<string, string>, name: string, value: string): void {
  const key = name.toLowerCase()
  headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
}

function hostWithoutPort(host: string): string {
  return host.replace(/:\d*$/, '')
}
