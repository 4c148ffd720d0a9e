/** Requests to an API server: JSON in and out, long answers as lines. One pool of connections for a process. */
import { Agent as PlainAgent, request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http'
import { Agent, request } from 'node:https'
import { createInterface } from 'node:readline'
import type { ClusterAccess, RequestCredentials } from './cluster-access.ts'

/** An answer of 400 and above; `reason` is that of the Status object, `NotFound`, `Conflict`, `Expired` and the like. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  /** Seconds of `Retry-After`, 0 when the server does not say. */
  readonly retryAfter: number

  constructor(status: number, reason: string, message: string, retryAfter: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
    this.retryAfter = retryAfter
  }
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With query. */
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
  /** Default `application/json`. */
  readonly accept?: string
  readonly signal?: AbortSignal
  /** Longest pause without a byte, milliseconds. */
  readonly idleTimeoutMs?: number
}

const ANSWER_TIMEOUT_MS = 30_000
/** Watches hold one each. */
const MOST_SOCKETS = 64
const LONGEST_ANSWER = 512 * 1_048_576

export class ApiTransport {
  readonly access: ClusterAccess
  readonly #userAgent: string
  #agent: Agent | PlainAgent
  #certificate = ''

  constructor(access: ClusterAccess, userAgent: string) {
    this.access = access
    this.#userAgent = userAgent
    this.#agent = this.#createAgent('', '')
  }

  /** @throws {ApiError} for answers of 400 and above @throws {Error} when there is no answer */
  async json<T>(call: ApiRequest): Promise<T> {
    const answer = await this.#open(call)
    const text = await readText(answer)
    if ((answer.statusCode ?? 0) >= 400) throw this.#errorOf(call, answer, text)
    return (text === '' ? {} : JSON.parse(text)) as T
  }

  /**
   * Lines of an answer as they come, until it ends or the signal says so. @throws as {@link json}
   *
   * @param opened called when the server has said yes
   */
  async *lines(call: ApiRequest, opened: () => void = () => undefined): AsyncGenerator<string> {
    const answer = await this.#open(call)
    if (answer.statusCode !== 200) throw this.#errorOf(call, answer, await readText(answer))
    opened()
    try {
      for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (line !== '') yield line
      }
    } finally {
      answer.destroy()
    }
    // A stream that broke looks like its end to the reader of lines.
    if (answer.errored !== null) throw answer.errored
  }

  close(): void {
    this.#agent.destroy()
  }

  async #open(call: ApiRequest): Promise<IncomingMessage> {
    const { credentials } = this.access
    const used = await credentials.next()
    const answer = await this.#sendAs(call, used)
    if (answer.statusCode !== 401) return answer
    credentials.refused(used)
    const renewed = await credentials.next()
    const isNew = renewed.authorization !== used.authorization || renewed.certificatePem !== used.certificatePem
    if (!isNew) return answer
    // A token that was replaced is no trouble: whoever asked never hears of it.
    answer.resume()
    return await this.#sendAs(call, renewed)
  }

  async #sendAs(
    call: ApiRequest,
    { authorization, certificatePem = '', keyPem = '' }: RequestCredentials,
  ): Promise<IncomingMessage> {
    if (certificatePem !== this.#certificate) {
      this.#certificate = certificatePem
      this.#agent.destroy()
      this.#agent = this.#createAgent(certificatePem, keyPem)
    }
    return await this.#send(call, authorization)
  }

  #send(call: ApiRequest, authorization: string): Promise<IncomingMessage> {
    const {
      method = 'GET',
      path,
      body,
      contentType = 'application/json',
      accept = 'application/json',
      signal,
      idleTimeoutMs = ANSWER_TIMEOUT_MS,
    } = call
    const text = body === undefined ? '' : JSON.stringify(body)
    const options: RequestOptions = {
      method,
      agent: this.#agent,
      timeout: idleTimeoutMs,
      headers: {
        accept,
        'user-agent': this.#userAgent,
        ...(authorization === '' ? {} : { authorization }),
        ...(text === '' ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
      },
      ...(signal === undefined ? {} : { signal }),
    }
    return new Promise((resolve, reject) => {
      const url = `${this.access.server}${path}`
      const outgoing = url.startsWith('http:') ? requestPlain(url, options, resolve) : request(url, options, resolve)
      outgoing.on('timeout', () => {
        outgoing.destroy(new Error(`No word from ${this.access.server} for ${idleTimeoutMs} ms`))
      })
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  }

  #errorOf({ method = 'GET', path }: ApiRequest, answer: IncomingMessage, text: string): ApiError {
    const status = answer.statusCode ?? 0
    let reason = ''
    let message = text.slice(0, 300)
    try {
      const body = JSON.parse(text) as { readonly reason?: unknown; readonly message?: unknown }
      if (typeof body.reason === 'string') ({ reason } = body as { reason: string })
      if (typeof body.message === 'string') ({ message } = body as { message: string })
    } catch {
      // A proxy in between may answer with a page of its own.
    }
    const retryAfter = Number(answer.headers['retry-after'] ?? 0)
    const where = `${method} ${path.split('?')[0]}`
    return new ApiError(status, reason, `${where}: ${status} ${message}`, Number.isFinite(retryAfter) ? retryAfter : 0)
  }

  #createAgent(certificatePem: string, keyPem: string): Agent | PlainAgent {
    const { server, authorityPem, serverName, isInsecure } = this.access
    const shared = { keepAlive: true, maxSockets: MOST_SOCKETS, scheduling: 'lifo' } as const
    if (server.startsWith('http:')) return new PlainAgent(shared)
    return new Agent({
      ...shared,
      rejectUnauthorized: !isInsecure,
      ...(authorityPem === undefined ? {} : { ca: authorityPem }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(certificatePem === '' ? {} : { cert: certificatePem, key: keyPem }),
    })
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LONGEST_ANSWER) throw new Error('The API server answers with more than 512 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
