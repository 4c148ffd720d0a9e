/**
 * The part of curl that our READMEs use, so that their commands can be tested where curl is not installed.
 * Every host resolves to loopback; ports are mapped by the caller.
 */
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'

interface CurlRequest {
  readonly url: URL
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly showsHead: boolean
  readonly showsBody: boolean
  readonly writeOut: string
  readonly isHttp2: boolean
}

/** @returns what curl would print on standard output */
export async function miniCurl(args: readonly string[]): Promise<string> {
  const request = parseArguments(args)
  const answer = request.isHttp2 ? await sendHttp2(request) : await sendHttp1(request)
  const head = request.showsHead ? `${answer.head.join('\n')}\n\n` : ''
  const end = request.writeOut
    .replaceAll('%{http_code}', String(answer.status))
    .replaceAll('%{redirect_url}', answer.location)
    .replaceAll('\\n', '\n')
  return `${head}${request.showsBody ? answer.body : ''}${end}`
}

function parseArguments(args: readonly string[]): CurlRequest {
  let url = ''
  let method = ''
  let body = ''
  let showsHead = false
  let showsBody = true
  let writeOut = ''
  let isHttp2 = false
  const headers: [string, string][] = []
  const rest = args[Symbol.iterator]()
  const value = (flag: string): string => {
    const next = rest.next()
    if (next.done === true) throw new TypeError(`Cannot run curl: ${flag} has no value`)
    return next.value
  }
  for (const argument of rest) {
    if (/^-[sikIS]+$/.test(argument)) {
      if (/[iI]/.test(argument)) showsHead = true
      if (argument.includes('I')) method = 'HEAD'
    } else if (argument === '-H') {
      const header = value('-H')
      headers.push([header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1).trim()])
    } else if (argument === '-X') method = value('-X')
    else if (argument === '-d') {
      body = value('-d')
      if (method === '') method = 'POST'
    } else if (argument === '-o') showsBody = value('-o') !== '/dev/null'
    else if (argument === '-w') writeOut = value('-w')
    else if (argument === '--http2' || argument === '--http2-prior-knowledge') isHttp2 = true
    else if (argument.startsWith('-')) throw new TypeError(`Cannot run curl: this stand-in has no ${argument}`)
    else url = argument
  }
  return { url: new URL(url), method: method || 'GET', headers, body, showsHead, showsBody, writeOut, isHttp2 }
}

interface CurlAnswer {
  readonly status: number
  readonly head: readonly string[]
  readonly location: string
  readonly body: string
}

async function sendHttp1(request: CurlRequest): Promise<CurlAnswer> {
  const { url } = request
  const isTls = url.protocol === 'https:'
  const port = Number(url.port || (isTls ? 443 : 80))
  const headers: Record<string, string> = { Host: url.host, 'User-Agent': 'curl/8', Accept: '*/*' }
  if (request.body !== '') {
    headers['Content-Length'] = String(Buffer.byteLength(request.body))
    headers['Content-Type'] = 'application/x-www-form-urlencoded'
  }
  for (const [name, text] of request.headers) {
    const existing = Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase())
    headers[existing ?? name] = text
  }
  const { promise, resolve, reject } = Promise.withResolvers<CurlAnswer>()
  const agent = new (isTls ? https : http).Agent({ keepAlive: true })
  const options = { host: '127.0.0.1', port, method: request.method, path: pathOf(url), headers, agent }
  const sent = isTls
    ? https.request({ ...options, servername: url.hostname, rejectUnauthorized: false })
    : http.request(options)
  sent.on('error', reject)
  sent.on('response', (response) => {
    const lines = [`HTTP/${response.httpVersion} ${response.statusCode ?? 0} ${response.statusMessage ?? ''}`]
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      lines.push(`${response.rawHeaders[i] ?? ''}: ${response.rawHeaders[i + 1] ?? ''}`)
    }
    collect(response, (body) => {
      resolve({ status: response.statusCode ?? 0, head: lines, location: response.headers.location ?? '', body })
    })
    response.on('error', reject)
  })
  sent.end(request.body)
  try {
    return await promise
  } finally {
    agent.destroy()
  }
}

async function sendHttp2(request: CurlRequest): Promise<CurlAnswer> {
  const { url } = request
  const isTls = url.protocol === 'https:'
  const port = Number(url.port || (isTls ? 443 : 80))
  const session = http2.connect(url.origin, {
    createConnection: () =>
      isTls
        ? tls.connect({
            host: '127.0.0.1',
            port,
            servername: url.hostname,
            ALPNProtocols: ['h2'],
            rejectUnauthorized: false,
          })
        : net.connect({ host: '127.0.0.1', port }),
  })
  const { promise, resolve, reject } = Promise.withResolvers<CurlAnswer>()
  session.on('error', reject)
  const fields = {
    ':method': request.method,
    ':path': pathOf(url),
    'user-agent': 'curl/8',
    accept: '*/*',
    ...Object.fromEntries(
      request.headers.map(([name, text]) => [name.toLowerCase() === 'host' ? ':authority' : name.toLowerCase(), text]),
    ),
  }
  const stream = session.request(fields, { endStream: request.body === '' })
  stream.on('error', reject)
  stream.on('response', (headers) => {
    const status = headers[':status'] ?? 0
    const lines = [`HTTP/2 ${status} `]
    for (const [name, text] of Object.entries(headers))
      if (!name.startsWith(':')) lines.push(`${name}: ${String(text)}`)
    collect(stream, (body) => {
      session.close()
      resolve({ status, head: lines, location: headers.location ?? '', body })
    })
  })
  if (request.body !== '') stream.end(request.body)
  return promise
}

function pathOf(url: URL): string {
  return `${url.pathname}${url.search}`
}

function collect(stream: NodeJS.ReadableStream, done: (body: string) => void): void {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => {
    done(Buffer.concat(chunks).toString())
  })
}
