/**
 * Asks an authentication service outside the model: a name that DNS knows, or one that depends on the request. Node's
 * client with kept connections, since this is not the path of every request.
 */
import { Agent as HttpAgent, type IncomingMessage, request as sendHttp, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as sendHttps } from 'node:https'
import { isIP } from 'node:net'
import {
  type AskAuth,
  type AuthAnswer,
  CONNECT_TIMEOUT_MS,
  MOST_BODY_BYTES,
  READ_TIMEOUT_MS,
} from './external-auth-answer.ts'
import type { AuthRequest } from './external-auth-request.ts'

const AGENT_OPTIONS = { keepAlive: true, maxSockets: 256, maxTotalSockets: 1024, maxFreeSockets: 32 } as const

const USUAL_PORTS = { http: 80, https: 443 } as const

/** The service is on the internal network as a rule: not verified, as ingress-nginx does. */
const UNVERIFIED = { rejectUnauthorized: false } as const

/** Our own listener, where it stands for a host's usual port of this scheme; `null` where DNS is asked. */
export type FindOwnListener = (
  scheme: AuthRequest['scheme'],
  host: string,
) => { readonly host: string; readonly port: number } | null

export class AuthClient {
  readonly #http = new HttpAgent(AGENT_OPTIONS)
  readonly #https = new HttpsAgent({ ...AGENT_OPTIONS, ...UNVERIFIED })

  readonly #findOwn: FindOwnListener

  constructor(findOwn: FindOwnListener = () => null) {
    this.#findOwn = findOwn
  }

  readonly ask: AskAuth = (request) =>
    new Promise((settle) => {
      try {
        this.#send(request, settle)
      } catch {
        // Node refuses what it cannot write; to the request it is the same as no answer.
        settle(null)
      }
    })

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #send(request: AuthRequest, settle: (answer: AuthAnswer | null) => void): void {
    const host = request.host.replace(/^\[(.*)\]$/, '$1')
    const own = request.port === USUAL_PORTS[request.scheme] ? this.#findOwn(request.scheme, host) : null
    if (own !== null && request.isNested) {
      // Whether the question may be asked would be a question again, without an end.
      settle(null)
      return
    }
    const options: RequestOptions = {
      host: own?.host ?? host,
      port: own?.port ?? request.port,
      method: request.method,
      path: request.target,
      setHost: false,
      headers: toFlatHeaders(request.headerLines),
    }
    const receive = (message: IncomingMessage): void => {
      settle({ status: message.statusCode ?? 0, lines: toLines(message.rawHeaders) })
      drop(message)
    }
    const sent =
      request.scheme === 'https'
        ? sendHttps({ ...options, agent: this.#https, servername: isIP(host) === 0 ? host : '' }, receive)
        : sendHttp({ ...options, agent: this.#http }, receive)
    const connecting = setTimeout(() => sent.destroy(), CONNECT_TIMEOUT_MS)
    sent.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => clearTimeout(connecting))
      else clearTimeout(connecting)
    })
    sent.setTimeout(READ_TIMEOUT_MS, () => sent.destroy())
    sent.on('close', () => {
      clearTimeout(connecting)
      // After an answer this changes nothing.
      settle(null)
    })
    sent.on('error', () => settle(null))
    sent.end()
  }
}

/** Reads the body to its end, so that the connection can be used again, unless it is long. */
function drop(message: IncomingMessage): void {
  let bytes = 0
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) message.destroy()
  })
  message.on('error', () => undefined)
}

/** Alternating names and values, as `rawHeaders`; duplicates stay. */
function toFlatHeaders(lines: string): string[] {
  const flat: string[] = []
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) flat.push(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  return flat
}

const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length'])

function toLines(rawHeaders: readonly string[]): string {
  let lines = ''
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (!HOP_BY_HOP.has(name.toLowerCase())) lines += `${name}: ${rawHeaders[i + 1] ?? ''}\r\n`
  }
  return lines
}
