/** For tests: a name server on loopback (RFC 1035) that answers questions from a table, by UDP. */
import { createSocket } from 'node:dgram'

export interface DnsAnswer {
  /** 0 = no error, 2 = server failure, 3 = no such name. */
  readonly code?: number
  /** IPv4 texts for A, IPv6 texts for AAAA. */
  readonly addresses?: readonly string[]
  readonly ttlSeconds?: number
  /** Say nothing at all. */
  readonly isSilent?: boolean
}

export interface DnsResponder extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly server: string
  /** Questions so far, `A name` or `AAAA name`. */
  readonly questions: readonly string[]
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA' }

/**
 * @param answerOf asked with `A name` or `AAAA name`
 * @param port 0 = any
 */
export async function startDnsResponder(answerOf: (question: string) => DnsAnswer, port = 0): Promise<DnsResponder> {
  const socket = createSocket('udp4')
  const questions: string[] = []
  socket.on('message', (message, peer) => {
    const { name, end } = readName(message)
    const type = message.readUInt16BE(end)
    const question = `${TYPES[type] ?? type} ${name}`
    questions.push(question)
    const answer = answerOf(question)
    if (answer.isSilent !== true) socket.send(formatAnswer(message, end + 4, type, answer), peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
  return {
    server: `127.0.0.1:${socket.address().port}`,
    questions,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function readName(message: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function formatAnswer(
  question: Buffer,
  end: number,
  type: number,
  { code = 0, addresses = [], ttlSeconds = 60 }: DnsAnswer,
): Buffer {
  const head = Buffer.from(question.subarray(0, end))
  // A response, recursion available.
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt16BE(0, 8)
  head.writeUInt16BE(0, 10)
  const records = addresses.map((address) => {
    const data = addressBytes(address)
    const record = Buffer.alloc(12 + data.length)
    // The name of the question.
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(type, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(ttlSeconds, 6)
    record.writeUInt16BE(data.length, 10)
    data.copy(record, 12)
    return record
  })
  return Buffer.concat([head, ...records])
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  const [front = '', back = ''] = address.split('::')
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))
  const zeros = Array<string>(8 - groups(front).length - groups(back).length).fill('0')
  const all = [...groups(front), ...zeros, ...groups(back)]
  return Buffer.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}
