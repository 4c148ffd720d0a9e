/** Makes hostile streams of HTTP/1.1 requests: mostly well formed, with one or a few things wrong, seldom noise. */
import type { Random } from './random.ts'

const METHODS = [
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'M-SEARCH',
  'get',
  'G@T',
  '',
]
const TARGETS = ['/', '/a', '/a?b=c', '/%41%2f', '//a//b', '/a/../b', '/?', '/a#b', '/é', '/a%0d%0aX: y', '*', 'a', '']
  .concat([
    'http://fuzz.example/abs?x',
    'https://user@fuzz.example/',
    'http://',
    'http://fuzz.example',
    '/a b',
    '/\x7f',
  ])
  .concat(['fuzz.example:80', '/a\\b', '/a"<>', '/\x00', '/%', '/%zz', '/a\tb', '/..', '/a;b=c'])
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
].concat(['HTTP/1.10', 'HTTP/01.1', 'http/1.1', 'HTTP/1,1', 'HTTP/', '', 'HTTP/1.1 ', 'ICE/1.1', 'HTTP/9.9'])
const NAMES = [
  'X-Fuzz',
  'x-fuzz',
  'X_Fuzz',
  'X-Fuzz ',
  ' X-Fuzz',
  'X\tFuzz',
  'X-Fuzz\x00',
  '',
  'X@Fuzz',
  'X(Fuzz)',
  'X-F\xfczz',
]
  .concat(['Connection', 'Keep-Alive', 'Upgrade', 'TE', 'Trailer', 'Expect', 'Cookie', 'Proxy', 'Via', 'Forwarded'])
  .concat([
    'X-Forwarded-For',
    'X-Request-ID',
    'Content-Length',
    'Transfer-Encoding',
    'Host',
    'Content-Encoding',
    'Range',
  ])
const VALUES = [
  '1',
  'a b',
  '',
  ' padded ',
  '\t',
  'é',
  'a\x00b',
  'a\x0bb',
  'a\x7fb',
  'a\rb',
  'a\nb',
  'close',
  'keep-alive',
].concat([
  'X-Fuzz',
  'Content-Length',
  'Host, X-Fuzz',
  'Transfer-Encoding',
  'websocket',
  'trailers',
  '100-continue',
  'h2c',
])
const LENGTHS = [
  '0',
  '1',
  '5',
  '05',
  '+5',
  '-1',
  '5 ',
  ' 5',
  '5, 5',
  '5,6',
  '0x5',
  '5.0',
  '5e0',
  '',
  '18446744073709551616',
].concat(['9223372036854775808', '99999999999999999999999999', '５', '5;', '5\t', '\x0b5', '4', '6'])
const CODINGS = [
  'chunked',
  'chunked',
  'chunked',
  'Chunked',
  'CHUNKED',
  ' chunked',
  'chunked ',
  'chunked\t',
  '\x0bchunked',
  'xchunked',
]
  .concat([
    'identity',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'chunked;q=1',
    '"chunked"',
    'chunked,',
    ',chunked',
  ])
  .concat(['gzip', '', 'chunked\x00', 'chun\r\n ked', 'identity, chunked', 'deflate', 'chunked, identity'])
const CODING_NAMES = [
  'Transfer-Encoding',
  'transfer-encoding',
  'Transfer-Encoding ',
  ' Transfer-Encoding',
  'Transfer_Encoding',
].concat(['Transfer-Encoding\t', 'X: y\nTransfer-Encoding', 'X: y\rTransfer-Encoding', 'Transfer\x00-Encoding'])
const LENGTH_NAMES = [
  'Content-Length',
  'content-length',
  'Content-Length ',
  ' Content-Length',
  'Content_Length',
].concat(['Content-Length\t', 'X: y\nContent-Length', 'Content-Length\x00', 'X: y\r\n\tContent-Length'])
const HOSTS = [
  'fuzz.example',
  'fuzz.example',
  'FUZZ.example:80',
  '',
  'a b',
  'user@fuzz.example',
  '[::1]',
  '[::1',
  'fuzz.example:x',
].concat([
  'fuzz.example, other.example',
  'fuzz.example/',
  '127.0.0.1',
  'fuzz.example:99999',
  'é.example',
  'a\\b',
  '.',
  '%00',
])
const SIZES = [
  '5',
  '5',
  '05',
  '000000005',
  '0x5',
  '+5',
  '-5',
  ' 5',
  '5 ',
  '5\t',
  '5;a=b',
  '5;a="b\r\nc"',
  '5;',
  '5 ;a',
  '5;\x00',
].concat([
  'FFFFFFFFFFFFFFFF',
  '10000000000000005',
  '100000005',
  '',
  'g',
  '5\x00',
  '5;a=\xe9',
  '5;a ',
  '5; a',
  '5;a=',
  '5;a= b',
  '5;a="b"c',
  '5;a="b\\"c"',
  '5;a="b',
  '5;=',
  '5;a=""',
  '5;a=\x7f',
  'é',
  '5;a=b\nX: y',
])
const ENDS = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  ' \r\n',
  '\x00\r\n',
]
const TRAILERS = [
  '',
  '',
  '',
  'X-T: 1\r\n',
  'Content-Length: 5\r\n',
  'Host: evil.example\r\n',
  'X-T : 1\r\n',
  ' folded\r\n',
  'X-T\r\n',
].concat(['Transfer-Encoding: chunked\r\n', 'X: a\x00b\r\n', 'X: 1\nY: 2\r\n', ': x\r\n', 'X-Forwarded-For: 1\r\n'])
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: fuzz.example\r\n\r\n'

/** How often each place deviates from the plain form. Most streams have few oddities, so that they get past the front. */
export function generateRequests(random: Random): Buffer {
  const oddness = random.pick([0, 0.02, 0.05, 0.1, 0.2])
  const count = 1 + random.int(3)
  let text = random.chance(0.05) ? random.pick(['\r\n', '\n', '\r\n\r\n', ' ', '\r']) : ''
  for (let i = 0; i < count; i++) text += request(random, oddness)
  if (random.chance(0.1)) text = mutate(text, random)
  return Buffer.from(text, 'latin1')
}

function request(random: Random, oddness: number): string {
  const odd = (): boolean => random.chance(oddness)
  const end = (): string => (odd() ? random.pick(ENDS) : '\r\n')
  const method = odd() ? random.pick(METHODS) : random.pick(['GET', 'POST', 'PUT', 'HEAD'])
  const target = odd() ? random.pick(TARGETS) : random.pick(['/', '/a', '/a?b=c', '/%41%2f'])
  const version = odd() ? random.pick(VERSIONS) : 'HTTP/1.1'
  const gap = (): string => (odd() ? random.pick(['  ', '\t', '', '\x0b', '\r']) : ' ')
  const lines = [`${method}${gap()}${target}${gap()}${version}`]
  if (!odd()) lines.push(`Host: ${odd() ? random.pick(HOSTS) : 'fuzz.example'}`)
  if (odd()) lines.push(`Host: ${random.pick(HOSTS)}`)
  for (let i = random.int(3); i > 0; i--) lines.push(header(random, oddness))
  const { headers, body } = framing(random, oddness)
  lines.push(...headers)
  if (odd()) lines.push(header(random, 1))
  if (odd()) lines.push(` folded: ${random.pick(VALUES)}`)
  if (odd()) lines.push('X-Long: '.padEnd(random.pick([8_000, 33_000, 70_000]), 'x'))
  if (random.chance(0.3))
    lines.sort((a, b) => (a.startsWith(method) ? -1 : b.startsWith(method) ? 1 : random.next() - 0.5))
  return lines.map((line) => line + end()).join('') + end() + body
}

function header(random: Random, oddness: number): string {
  const name = random.chance(oddness) ? random.pick(NAMES) : random.pick(['X-Fuzz', 'x-other', 'Accept'])
  const colon = random.chance(oddness) ? random.pick([':', ' : ', '', '::', ':\t', '=']) : ': '
  const value = random.chance(oddness) ? random.pick(VALUES) : random.pick(['1', 'a b', ''])
  return name + colon + value
}

/** The headers that say how long the body is, and a body that agrees with them or, with some oddness, does not. */
function framing(random: Random, oddness: number): { readonly headers: readonly string[]; readonly body: string } {
  const odd = (): boolean => random.chance(oddness)
  const kind = random.int(4)
  const headers: string[] = []
  if (kind === 1 || odd()) {
    const value = odd() ? random.pick(LENGTHS) : '5'
    headers.push(`${odd() ? random.pick(LENGTH_NAMES) : 'Content-Length'}: ${value}`)
    if (odd()) headers.push(`Content-Length: ${random.pick(LENGTHS)}`)
  }
  if (kind === 2 || odd()) {
    const value = odd() ? random.pick(CODINGS) : 'chunked'
    headers.push(`${odd() ? random.pick(CODING_NAMES) : 'Transfer-Encoding'}: ${value}`)
    if (odd()) headers.push(`Transfer-Encoding: ${random.pick(CODINGS)}`)
  }
  if (kind === 2) return { headers, body: chunks(random, oddness) }
  if (kind === 1) return { headers, body: odd() ? random.pick(['hell', 'hello!', '', SMUGGLED]) : 'hello' }
  return { headers, body: odd() ? random.pick([SMUGGLED, '0\r\n\r\n', `0\r\n\r\n${SMUGGLED}`]) : '' }
}

function chunks(random: Random, oddness: number): string {
  const odd = (): boolean => random.chance(oddness)
  const end = (): string => (odd() ? random.pick(ENDS) : '\r\n')
  let text = ''
  for (let i = random.int(3); i > 0; i--) {
    text += (odd() ? random.pick(SIZES) : '5') + end() + (odd() ? random.pick(['hell', 'hello!', '']) : 'hello') + end()
  }
  const last = odd() ? random.pick(['0', '00', '0x0', '0;a', '-0', '0 ', '', '000000000000000000000']) : '0'
  return text + last + end() + (odd() ? random.pick(TRAILERS) : '') + end()
}

/** Noise: flips, deletes, inserts or repeats some bytes anywhere. */
function mutate(text: string, random: Random): string {
  let out = text
  for (let i = 1 + random.int(3); i > 0; i--) {
    const at = random.int(out.length + 1)
    const byte = String.fromCharCode(
      random.chance(0.5) ? random.pick([0, 9, 10, 11, 13, 32, 44, 58, 59, 127, 255]) : random.int(256),
    )
    const cut = random.pick([0, 0, 1, 2, 8])
    out = out.slice(0, at) + (random.chance(0.7) ? byte : out.slice(at, at + 10)) + out.slice(at + cut)
  }
  return out
}
