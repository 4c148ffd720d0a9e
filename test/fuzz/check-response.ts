/** One hostile response through the proxy, and what must hold for what the client gets. */
import { type Http1Message, readMessage, valuesOf } from '../support/http1-message.ts'
import { type ClientReading, readAsClient } from './node-client.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'
import { sendStream } from './send-stream.ts'

export interface ProxyBeforeScript {
  readonly port: number
  readonly upstream: ScriptedUpstream
}

const PATIENCE_MS = 4000
/** Added by the proxy or by the framing that it chooses. */
const OURS = new Set('server date connection content-length transfer-encoding keep-alive'.split(' '))

/** @returns broken promises; empty when all hold */
export async function checkResponse(
  bytes: Buffer,
  cuts: readonly number[],
  method: 'GET' | 'HEAD',
  proxy: ProxyBeforeScript,
): Promise<{ readonly problems: readonly string[]; readonly status: number }> {
  const reading = await readAsClient(bytes, method)
  const pieces = [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length))
  proxy.upstream.script = { pieces, ends: !reading.endsItself }
  const first = `${method} /first HTTP/1.1\r\nHost: fuzz.example\r\n\r\n`
  const second = 'GET /second HTTP/1.1\r\nHost: fuzz.example\r\nConnection: close\r\n\r\n'
  const result = await sendStream(proxy.port, [Buffer.from(first + second, 'latin1')], false, PATIENCE_MS)
  const problems: string[] = []
  if (result.isHung) problems.push('The connection was neither answered to its end nor closed')
  let answer: Http1Message | null = null
  try {
    const { message, end } = readFinal(result.bytes, 0, method === 'HEAD' ? 'head-response' : 'response')
    answer = message
    compare(answer, reading, problems)
    if (answer !== null && end < result.bytes.length) checkSecond(result.bytes, end, problems)
  } catch (error) {
    problems.push(`The client gets a malformed answer: ${String(error)}`)
  }
  return { problems, status: answer === null ? 0 : statusOf(answer) }
}

function readFinal(
  bytes: Buffer,
  from: number,
  kind: 'response' | 'head-response',
): { readonly message: Http1Message | null; readonly end: number } {
  let at = from
  for (;;) {
    // Without framing a body lasts until the end of the connection: then nothing may come after it.
    const message = readMessage(bytes, at, kind, true)
    if (message === null) return { message: null, end: at }
    at = message.end
    if (statusOf(message) >= 200 || statusOf(message) === 101) return { message, end: at }
  }
}

function compare(answer: Http1Message | null, reading: ClientReading, problems: string[]): void {
  const { response } = reading
  if (answer === null) {
    // Framing in trailers is refused, and the head may be out by then.
    const hasFramingTrailer = /(content-length|transfer-encoding)/i.test(response?.rawTrailers.join() ?? '')
    if (response !== null && !hasFramingTrailer) problems.push('A complete response was cut short')
    return
  }
  const status = statusOf(answer)
  if (status === 502 && valuesOf(answer.headers, 'server')[0] === 'genkan' && response?.status !== 502) return
  if (response === null) {
    problems.push(`The client gets a complete ${status} where Node reads no response`)
    return
  }
  if (status !== response.status) problems.push(`Status ${response.status} became ${status}`)
  if (!answer.body.equals(response.body)) {
    problems.push(
      `Body ${JSON.stringify(response.body.toString('latin1'))} became ${JSON.stringify(answer.body.toString('latin1'))}`,
    )
  }
  const known = new Set<string>()
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    known.add(`${response.rawHeaders[i]?.toLowerCase()}: ${response.rawHeaders[i + 1]?.trim()}`)
  }
  for (const [name, value] of answer.headers) {
    if (OURS.has(name.toLowerCase()) || known.has(`${name.toLowerCase()}: ${value}`)) continue
    problems.push(`The client gets a header that Node does not read: ${name}: ${value}`)
  }
}

function checkSecond(bytes: Buffer, from: number, problems: string[]): void {
  const { message, end } = readFinal(bytes, from, 'response')
  if (message === null) return
  const isOwn = statusOf(message) === 502 && valuesOf(message.headers, 'server')[0] === 'genkan'
  if (!isOwn && (valuesOf(message.headers, 'x-second').length === 0 || message.body.toString() !== 'second')) {
    problems.push(`The second request got a foreign answer: ${message.startLine} ${message.body.toString('latin1')}`)
  }
  if (end < bytes.length) problems.push(`Bytes after the last answer: ${bytes.length - end}`)
}

function statusOf(message: Http1Message): number {
  return Number(message.startLine.slice(9, 12))
}
