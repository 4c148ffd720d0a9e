/** A server that keeps objects as an API server does: made, merged, deleted, listed and watched, each change with a version. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { fixedCredentials } from '../../../sources/cluster/cluster-access.ts'

type Json = Record<string, unknown>

export interface KeptObject extends Json {
  metadata: { name: string; resourceVersion: string; labels?: unknown; ownerReferences?: unknown }
  status?: Json
}

export class ObjectServer {
  readonly transport: ApiTransport
  /** By path. */
  readonly objects = new Map<string, KeptObject>()
  /** `METHOD path` of everything that was written. */
  readonly writes: string[] = []
  /** Status in place of an answer to whoever reads this path; `null` = none. */
  failRead: (path: string) => number | null = () => null
  /** Called before a write is done. */
  beforeWrite: (write: string) => void = () => undefined
  readonly #close: () => void
  readonly #watchers = new Set<{ readonly path: string; readonly response: ServerResponse }>()
  /** All changes, for watches that begin at an earlier version. */
  readonly #log: { readonly path: string; readonly version: number; readonly line: string }[] = []
  #waiting: (() => void)[] = []
  #version = 0

  private constructor(transport: ApiTransport, close: () => void) {
    this.transport = transport
    this.#close = close
  }

  static async start(): Promise<ObjectServer> {
    const server = createServer((request, response) => void started.#answer(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const credentials = fixedCredentials({ authorization: '' })
    const access = { isInsecure: false, credentials, namespace: 'a', from: 'test', server: `http://127.0.0.1:${port}` }
    const transport = new ApiTransport(access, 'test')
    const started = new ObjectServer(transport, () => {
      transport.close()
      server.closeAllConnections()
      server.close()
    })
    return started
  }

  close(): void {
    this.#close()
  }

  /** Resolves when it holds; looked at after each write. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** What somebody else does. */
  put(path: string, change: Json): void {
    const before = this.objects.get(path)
    const name = path.slice(path.lastIndexOf('/') + 1)
    const merged = merge(before ?? { metadata: { name } }, change) as KeptObject
    const kept = { ...merged, metadata: { ...merged.metadata, name, resourceVersion: String(++this.#version) } }
    this.objects.set(path, kept)
    this.#tell(path, before === undefined ? 'ADDED' : 'MODIFIED', kept)
  }

  remove(path: string): void {
    const object = this.objects.get(path)
    if (object === undefined) return
    this.objects.delete(path)
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) }
    this.#tell(path, 'DELETED', { ...object, metadata })
  }

  #tell(path: string, type: string, object: KeptObject): void {
    const line = `${JSON.stringify({ type, object })}\n`
    this.#log.push({ path, version: this.#version, line })
    for (const watcher of this.#watchers) if (isIn(path, watcher.path)) watcher.response.write(line)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const body = await text(request)
    const end = (status: number, answer: unknown): void => void response.writeHead(status).end(JSON.stringify(answer))
    if (request.method === 'GET') {
      if (searchParams.has('watch')) {
        response.writeHead(200).flushHeaders()
        const from = Number(searchParams.get('resourceVersion'))
        for (const { path, version, line } of this.#log) {
          if (version > from && isIn(path, pathname)) response.write(line)
        }
        return void this.#watchers.add({ path: pathname, response })
      }
      const fault = this.failRead(pathname)
      if (fault !== null) return end(fault, { reason: 'Fault', message: 'as the test wants it' })
      const one = this.objects.get(pathname)
      if (one !== undefined) return end(200, one)
      const items = [...this.objects].filter(([path]) => isIn(path, pathname)).map(([, object]) => object)
      return end(200, { metadata: { resourceVersion: String(this.#version) }, items })
    }
    const write = `${request.method} ${pathname}`
    this.beforeWrite(write)
    this.writes.push(write)
    const given = body === '' ? {} : (JSON.parse(body) as Json & { metadata?: { name?: string } })
    const path = request.method === 'POST' ? `${pathname}/${given.metadata?.name}` : pathname.replace(/\/status$/, '')
    if (request.method === 'POST') {
      if (this.objects.has(path)) return end(409, { reason: 'AlreadyExists' })
      // As of kinds whose status is written by itself.
      const { status: _status, ...rest } = given
      this.put(path, rest)
    } else if (!this.objects.has(path)) return end(404, { reason: 'NotFound' })
    else if (request.method === 'DELETE') {
      this.remove(path)
      return end(200, {})
    } else if (request.method === 'PUT') this.put(path, given)
    else this.put(path, pathname.endsWith('/status') ? { status: given['status'] } : { metadata: given.metadata })
    end(200, this.objects.get(path))
  }
}

/** Whether an object is in a collection, that of one namespace or that of all of them. */
function isIn(path: string, collection: string): boolean {
  const ofAll = path.replace(/\/namespaces\/[^/]+(?=\/[^/]+\/)/, '')
  return path.startsWith(`${collection}/`) || ofAll.startsWith(`${collection}/`)
}

/** RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Json = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  }
  return result
}
