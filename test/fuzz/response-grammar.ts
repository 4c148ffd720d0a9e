/** Makes hostile responses: mostly well formed, with one or a few things wrong, often with surplus bytes behind them. */
import type { Random } from './random.ts'

const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/',
  'ICY',
  '',
  ' HTTP/1.1',
]
const STATUSES = [
  '200',
  '204',
  '304',
  '404',
  '500',
  '100',
  '101',
  '103',
  '000',
  '099',
  '1000',
  '20',
  '2xx',
  '',
  '-200',
  '299',
  '999',
]
const REASONS = [' OK', '', ' ', ' a\x00b', ' é', ' a\rb', ' a\nb', '  two', '\tOK', ' \x7f']
const LINES = [
  'X-Evil: 1',
  'X-Fuzz : 1',
  ' folded',
  'X-Fuzz',
  ': x',
  'X\x00: 1',
  'X: a\x00b',
  'X: a\rSet-Cookie: b',
  'X: a\nSet-Cookie: b',
]
  .concat([
    'Connection: close',
    'Connection: keep-alive',
    'Connection: X-Fuzz',
    'Keep-Alive: timeout=1',
    'Upgrade: websocket',
  ])
  .concat([
    'Server: evil',
    'Date: never',
    'Trailer: X-T',
    'Content-Type: a/b',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'X: é',
    'X_Y: 1',
  ])
const LENGTHS = [
  '5',
  '05',
  '+5',
  '-1',
  '5, 5',
  '5,6',
  '0x5',
  '',
  '6',
  '4',
  '0',
  '99999999999999999999',
  '5 ',
  '5;',
  '5.0',
]
const CODINGS = [
  'chunked',
  'Chunked',
  ' chunked',
  'chunked ',
  'chunked\t',
  'xchunked',
  'identity',
  'gzip, chunked',
  'chunked, gzip',
  '',
].concat(['chunked, chunked', 'chunked;q=1', 'chunked\x00', 'chun\r\n ked', ',chunked'])
const SIZES = [
  '5',
  '05',
  '0x5',
  '+5',
  ' 5',
  '5 ',
  '5;a=b',
  '5;',
  'FFFFFFFFFFFFFFFFF',
  '',
  'g',
  '5\x00',
  '5;\xe9',
  '10000000000000005',
]
const ENDS = ['\n', '\r', '\r\r\n', '\n\r', ' \r\n']
const TRAILERS = [
  'X-T: 1\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'X-T\r\n',
  'X : 1\r\n',
  'Set-Cookie: x=1\r\n',
]
/** What a poisoned connection would give to the next client. */
const EVIL = 'HTTP/1.1 200 OK\r\nX-Evil: 1\r\nContent-Length: 4\r\n\r\nevil'

export function generateResponse(random: Random): Buffer {
  const oddness = random.pick([0, 0.03, 0.08, 0.15, 0.3])
  const odd = (): boolean => random.chance(oddness)
  const end = (): string => (odd() ? random.pick(ENDS) : '\r\n')
  let text = ''
  for (let i = odd() ? random.int(3) : 0; i > 0; i--) {
    text += `HTTP/1.1 ${random.pick(['100', '103', '102', '199'])} Interim\r\n${random.pick(['', 'X-I: 1\r\n', 'Content-Length: 5\r\n'])}\r\n`
  }
  const version = odd() ? random.pick(VERSIONS) : random.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'])
  const status = odd() ? random.pick(STATUSES) : random.pick(['200', '200', '404', '204', '304'])
  const lines = [
    `${version}${odd() ? random.pick(['  ', '\t', '']) : ' '}${status}${odd() ? random.pick(REASONS) : ' OK'}`,
  ]
  for (let i = random.int(3); i > 0; i--) lines.push(odd() ? random.pick(LINES) : 'X-Fuzz: a b')
  const kind = random.int(3)
  if (kind === 1 || odd()) lines.push(`Content-Length: ${odd() ? random.pick(LENGTHS) : '5'}`)
  if (kind === 1 && odd()) lines.push(`Content-Length: ${random.pick(LENGTHS)}`)
  if (kind === 2 || odd()) lines.push(`Transfer-Encoding: ${odd() ? random.pick(CODINGS) : 'chunked'}`)
  if (kind === 2 && odd()) lines.push(`Transfer-Encoding: ${random.pick(CODINGS)}`)
  text += lines.map((line) => line + end()).join('') + end()
  text += kind === 2 ? chunks(random, oddness) : random.pick(['hello', 'hello', 'hello', 'hell', 'hello!', ''])
  if (random.chance(0.3)) text += random.pick([EVIL, '\r\n', 'x', `\r\n${EVIL}`, '0\r\n\r\n'])
  if (random.chance(0.05)) text = text.slice(0, random.int(text.length))
  return Buffer.from(text, 'latin1')
}

function chunks(random: Random, oddness: number): string {
  const odd = (): boolean => random.chance(oddness)
  const end = (): string => (odd() ? random.pick(ENDS) : '\r\n')
  let text = ''
  for (let i = random.int(3); i > 0; i--) {
    text += (odd() ? random.pick(SIZES) : '5') + end() + (odd() ? random.pick(['hell', 'hello!']) : 'hello') + end()
  }
  return (
    text +
    (odd() ? random.pick(['0x0', '00', '0;a', '-0', '']) : '0') +
    end() +
    (odd() ? random.pick(TRAILERS) : '') +
    end()
  )
}
