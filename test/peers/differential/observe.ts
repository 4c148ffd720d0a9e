/** One request through one peer, as a client, an upstream and a reader of the access log see it. */
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { openPlain, openTls, readAnswer } from '../../support/http1-client.ts'
import type { DifferentialRequest } from './case.ts'
import type { RunningPeer } from './peer-pair.ts'
import type { EchoUpstream } from './upstream.ts'

/** Parts by name: `status`, `header NAME`, `request line`, `upstream NAME`, `log`. */
export type Observation = ReadonlyMap<string, string>

/** Said by servers about themselves, or different by nature. */
const UNCOMPARED = new Set(['server', 'date', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'])
/** Compared for answers of the upstream only: the text of our own error pages is ours. */
const OWN_BODY = new Set(['content-type'])

let serial = 0

export async function observe(
  peer: RunningPeer,
  upstream: EchoUpstream,
  request: DifferentialRequest,
  host: string,
): Promise<Observation> {
  const marker = `${peer.name}-${++serial}`
  const { method = 'GET', path = '/', isTls = false, headers = {}, bodyBytes = 0 } = request
  const lines = Object.entries({ 'User-Agent': marker, 'X-Case': marker, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const framing = bodyBytes > 0 ? `Content-Length: ${bodyBytes}\r\n` : ''
  const socket = isTls ? await openTls(peer.httpsPort, host, ['http/1.1']) : await openPlain(peer.httpPort)
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines.join('')}${framing}Connection: close\r\n\r\n`)
  // A refused body may find the connection closed already.
  socket.on('error', () => undefined)
  if (bodyBytes > 0) socket.write(Buffer.alloc(bodyBytes, 'b'))
  const answer = await readAnswer(socket, method === 'HEAD' ? 'head-response' : 'response')
  socket.destroy()
  const seen = upstream.take(marker)
  const parts = new Map<string, string>([['status', String(answer.status)]])
  const isProxied = seen.length > 0
  for (const [name, value] of answer.headers) {
    const lower = name.toLowerCase()
    if (UNCOMPARED.has(lower) || (!isProxied && OWN_BODY.has(lower))) continue
    const key = `header ${lower}`
    parts.set(key, `${parts.has(key) ? `${parts.get(key)} | ` : ''}${plain(value, peer)}`)
  }
  parts.set('upstream requests', String(seen.length))
  const first = seen[0]
  if (first !== undefined) {
    parts.set('request line', first.line)
    for (const [name, value] of Object.entries(first.headers)) {
      if (name === 'connection') continue
      const isId = name === 'x-request-id' && /^[0-9a-f]{32}$/.test(value)
      parts.set(`upstream ${name}`, isId ? '<id>' : plain(value, peer).replaceAll(marker, '<marker>'))
    }
  }
  parts.set('log', comparable(await logLine(peer.logFile, marker), marker, isProxied))
  return parts
}

function plain(value: string, peer: RunningPeer): string {
  return value
    .replaceAll(`:${peer.httpPort}`, ':<http>')
    .replaceAll(`:${peer.httpsPort}`, ':<https>')
    .replace(new RegExp(`^${peer.httpPort}$`), '<http>')
}

async function logLine(file: string, marker: string): Promise<string> {
  const watcher = watch(file)
  const timeout = AbortSignal.timeout(5000)
  try {
    for (;;) {
      const line = (await readFile(file, 'latin1')).split('\n').find((text) => text.includes(`"${marker}"`))
      if (line !== undefined) return line
      await once(watcher, 'change', { signal: timeout })
    }
  } finally {
    watcher.close()
  }
}

/** Times, ids, ports and lengths that depend on names are replaced by their kind. */
function comparable(line: string, marker: string, isProxied: boolean): string {
  const text = line
    .replace(/\[\d\d\/\w{3}\/\d{4}:[\d:]+ [+-]\d{4}\]/, '[<time>]')
    .replace(`"${marker}"`, '"<agent>"')
    .replace(/" (\d+) \d+\.\d{3} \[/, '" $1 <s> [')
    .replace(/ [0-9a-f]{32}$/, ' <id>')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/(\] (?:[\d.:<>port, ]+|-) [\d, -]+) [\d., -]+ ([\d, -]+ (?:<id>|\S+))$/, '$1 <s> $2')
    // The marker's length is part of the request's.
    .replace(/("<agent>") \d+/, '$1 <bytes>')
  return isProxied ? text : text.replace(/" (\d{3}) \d+ "/, '" $1 <own> "')
}
