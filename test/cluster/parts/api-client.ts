/** As much of a Kubernetes client as the test's own node needs. Genkan's client is another one: a test of it must not use it. */
import { Agent, request as requestHttps } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'

export interface ObjectLike {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly deletionTimestamp?: string
    readonly deletionGracePeriodSeconds?: number
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR' | 'BOOKMARK'
  readonly object: T
}

/** An answer of 400 and above. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

const PATIENCE_MS = 30_000

export class ApiClient {
  readonly #url: string
  readonly #token: string
  readonly #agent: Agent

  constructor(url: string, authorityPem: string, token: string) {
    this.#url = url
    this.#token = token
    this.#agent = new Agent({ ca: authorityPem, keepAlive: true, maxSockets: 50 })
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.getText(path)) as T
  }

  getText(path: string): Promise<string> {
    return this.#exchange('GET', path, '', '')
  }

  async create<T>(path: string, object: unknown): Promise<T> {
    return JSON.parse(await this.#exchange('POST', path, JSON.stringify(object), 'application/json')) as T
  }

  async mergePatch<T>(path: string, patch: unknown): Promise<T> {
    return JSON.parse(await this.#exchange('PATCH', path, JSON.stringify(patch), 'application/merge-patch+json')) as T
  }

  async replace<T>(path: string, object: unknown): Promise<T> {
    return JSON.parse(await this.#exchange('PUT', path, JSON.stringify(object), 'application/json')) as T
  }

  async delete(path: string, options: unknown = {}): Promise<void> {
    await this.#exchange('DELETE', path, JSON.stringify(options), 'application/json')
  }

  /** Events from a version on, until the connection ends or the signal says so. */
  async *watch<T>(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const separator = path.includes('?') ? '&' : '?'
    const answer = await this.#open(
      'GET',
      `${path}${separator}watch=true&resourceVersion=${resourceVersion}`,
      '',
      '',
      signal,
    )
    if (answer.statusCode !== 200) throw new ApiError(answer.statusCode ?? 0, await readText(answer))
    for await (const line of createInterface({ input: answer })) {
      if (line !== '') yield JSON.parse(line) as WatchEvent<T>
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #exchange(method: string, path: string, body: string, type: string): Promise<string> {
    const answer = await this.#open(method, path, body, type, AbortSignal.timeout(PATIENCE_MS))
    const text = await readText(answer)
    const status = answer.statusCode ?? 0
    if (status >= 400) throw new ApiError(status, `${method} ${path}: ${status} ${text.slice(0, 500)}`)
    return text
  }

  #open(method: string, path: string, body: string, type: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#token}`,
        accept: 'application/json',
        ...(body === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      }
      requestHttps(`${this.#url}${path}`, { method, agent: this.#agent, headers, signal }, resolve)
        .on('error', reject)
        .end(body)
    })
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8')
  let text = ''
  for await (const chunk of answer) text += chunk as string
  return text
}
