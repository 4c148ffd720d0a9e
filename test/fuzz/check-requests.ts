/** One hostile stream through the proxy, and what must hold for it whatever the stream is. */
import { type Http1Message, readMessage, valuesOf } from '../support/http1-message.ts'
import { compareRequests } from './compare-requests.ts'
import { encodeHighBytes } from './node-dialect.ts'
import { type NodeReading, readAsNode, UNKNOWN_METHOD } from './node-reader.ts'
import type { RecordingUpstream } from './recording-upstream.ts'
import { sendStream } from './send-stream.ts'

/** Follows every stream: whoever still understands the connection answers it and closes. */
export const MARKER = Buffer.from('GET /marker HTTP/1.1\r\nHost: fuzz.example\r\nConnection: close\r\n\r\n', 'latin1')
/** How a request may be refused. */
const REFUSALS = new Set([400, 405, 411, 413, 414, 417, 421, 431, 501, 505])
const PATIENCE_MS = 4000

export interface StreamOutcome {
  /** Broken promises; empty when all hold, and when Node cannot judge. */
  readonly problems: readonly string[]
  /** Statuses of the final answers. */
  readonly statuses: readonly number[]
  /** Method and target of what the upstream got. */
  readonly forwarded: readonly string[]
  /** The request after the stream was answered by the upstream. */
  readonly isMarkerAnswered: boolean
}

export interface ProxyUnderTest {
  readonly port: number
  readonly upstream: RecordingUpstream
  /** When a connection that is neither answered nor closed is given up; 4 s unless told otherwise. */
  readonly patienceMs?: number
}

/** @param cuts positions at which the stream is written in pieces */
export async function checkRequests(
  bytes: Buffer,
  cuts: readonly number[],
  proxy: ProxyUnderTest,
): Promise<StreamOutcome> {
  const stream = Buffer.concat([bytes, MARKER])
  const sent = await readAsNode(encodeHighBytes(stream))
  proxy.upstream.take()
  const pieces = [0, ...cuts].map((from, index) => stream.subarray(from, cuts[index] ?? stream.length))
  const result = await sendStream(proxy.port, pieces, sent.isCutShort, proxy.patienceMs ?? PATIENCE_MS)
  const { requests, errors, isBeyondNode } = proxy.upstream.take()
  const problems = [...errors]
  const answers = readAnswers(result.bytes, sent, problems)
  const answered = answers.filter((answer) => valuesOf(answer.headers, 'x-fuzz-number').length > 0)
  const last = answers.at(-1)

  compareInOrder(sent, requests, problems)
  if (result.isHung) problems.push('The connection was neither answered to its end nor closed')
  answered.forEach((answer, index) => {
    const number = valuesOf(answer.headers, 'x-fuzz-number')[0]
    if (number !== String(index)) problems.push(`Answer ${index} is that of request ${number}`)
  })
  const isComplete = !sent.isCutShort && !result.isHung
  if (answered.length > requests.length) problems.push(`${answered.length} answers to ${requests.length} requests`)
  if (isComplete && answered.length !== requests.length) {
    problems.push(`${requests.length} requests were forwarded and ${answered.length} answered`)
  }
  const isMarkerAnswered = requests.at(-1)?.target === '/marker' && answered.length === requests.length
  if (isComplete && !isMarkerAnswered && !endsAsAsked(sent)) {
    if (last === undefined) problems.push('The stream was neither forwarded nor answered')
    // An answer of the proxy itself may be out before the body behind it turns out broken: closing is all that is left then.
    else if (valuesOf(last.headers, 'x-fuzz-number').length > 0) problems.push('The stream ends without a refusal')
  }
  return {
    problems: isBeyondNode || sent.error === UNKNOWN_METHOD ? [] : problems,
    statuses: answers.map(statusOf),
    forwarded: requests.map((request) => `${request.method} ${request.target} ${request.body.length}`),
    isMarkerAnswered,
  }
}

/** HTTP/1.0 or `Connection: close` ended the connection before the marker. */
function endsAsAsked(sent: NodeReading): boolean {
  return sent.error === 'HPE_CLOSED_CONNECTION'
}

/** Every forwarded request must be one that Node reads too, in the same order; Node may read some that were refused. */
function compareInOrder(sent: NodeReading, forwarded: NodeReading['requests'], problems: string[]): void {
  let at = 0
  for (const request of forwarded) {
    const differences: string[] = []
    let isFound = false
    for (; at < sent.requests.length && !isFound; at++) {
      const candidate = sent.requests[at]
      const difference = candidate === undefined ? '' : compareRequests(candidate, request)
      isFound = difference === ''
      differences.push(difference)
    }
    if (isFound) continue
    const reading = differences.length === 0 ? `no further request (${sent.error || 'end'})` : differences.join('; ')
    problems.push(`Forwarded ${request.method} ${request.target} where Node reads: ${reading}`)
    return
  }
}

/** Final answers; a malformed one or bytes that are none become a problem. */
function readAnswers(bytes: Buffer, sent: NodeReading, problems: string[]): readonly Http1Message[] {
  const answers: Http1Message[] = []
  let at = 0
  try {
    while (at < bytes.length) {
      const isHead = sent.requests[answers.length]?.method === 'HEAD'
      const kinds = isHead ? (['head-response', 'response'] as const) : (['response', 'head-response'] as const)
      let message = readMessage(bytes, at, kinds[0], true)
      // A head that is refused before its method is known, or that only we could read, may have the other kind of answer;
      // it is the last one.
      if (message === null || (message.end < bytes.length && REFUSALS.has(statusOf(message)))) {
        const other = readMessage(bytes, at, kinds[1], true)
        if (other?.end === bytes.length) message = other
      }
      if (message === null) break
      at = message.end
      if (statusOf(message) >= 200) answers.push(message)
    }
    if (at < bytes.length && !sent.isCutShort) problems.push(`Bytes after the answers: ${bytes.length - at}`)
  } catch (error) {
    problems.push(`An answer is malformed: ${String(error)}`)
  }
  return answers
}

function statusOf(message: Http1Message): number {
  return Number(message.startLine.slice(9, 12))
}
