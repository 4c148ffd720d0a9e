/**
 * Our access log line beside the one that real nginx writes for the same bytes from a client. Not compared:
 * headers sent twice (Debian's nginx prints the first, nginx since 1.23 and Genkan join them), tabs around a value
 * (nginx keeps them, RFC 9110, 5.5 does not) and, with `escape=json`, bytes that are not UTF-8 (nginx's line is not JSON).
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { compileLogFormat } from '../../src/proxy/access-log/log-format.ts'
import { RequestRecord } from '../../src/proxy/request-record.ts'
import { findFreePort } from '../support/free-port.ts'

/** Everything that depends on the request alone. */
const TEMPLATE = [
  '$remote_addr|$remote_user|"$request"|$request_method|$request_uri|$uri|$document_uri|$args|$query_string|$is_args',
  '$arg_a|$arg_b|$cookie_c|$http_host|$http_referer|$http_user_agent|$http_cookie|$http_x_tenant_id|$http_absent',
  '$http_x_forwarded_for|$proxy_add_x_forwarded_for|$server_protocol|$scheme|$https|$ssl_protocol|$ssl_cipher',
  '$upstream_addr|$upstream_status|$upstream_response_length|$upstream_response_time|$upstream_connect_time',
  '$upstream_header_time|$proxy_protocol_addr|$request_length|$pipe|$content_type|$content_length|${status}x',
  '$binary_remote_addr|$http2|$proxy_protocol_server_addr|$proxy_protocol_server_port|$ssl_server_name|$ssl_session_reused',
  '$ssl_client_verify|$ssl_client_s_dn|$upstream_cache_status|$upstream_http_x_absent|$upstream_cookie_x|$sent_http_x_absent',
].join('|')
const ESCAPES = ['default', 'json', 'none'] as const

interface Sample {
  readonly name: string
  readonly target: string
  /** Header lines after `Host: a.example`, each with its line break. */
  readonly lines?: string
  readonly remoteUser?: string
  /** Holds bytes that are no UTF-8. */
  readonly isBinary?: true
}

const SAMPLES: readonly Sample[] = [
  { name: 'a plain request', target: '/' },
  {
    name: 'quotes and backslashes in headers',
    target: '/',
    lines: 'User-Agent: a"b\\c\\\\"\r\nReferer: "\r\nX-Tenant-Id: \\x22\r\n',
  },
  {
    name: 'tabs and high bytes in headers',
    target: '/',
    lines: 'User-Agent: a\tb\x7f\r\nReferer: \xff\xe3\x81\x82\r\n',
    isBinary: true,
  },
  { name: 'UTF-8 in a header', target: '/', lines: 'User-Agent: \xe7\x8e\x84\xe9\x96\xa2\r\n' },
  { name: 'empty headers', target: '/', lines: 'User-Agent:\r\nReferer:   \r\nX-Tenant-Id:\r\nCookie:\r\n' },
  { name: 'blanks around a value', target: '/', lines: 'user-agent:   curl/8  \r\n' },
  { name: 'a path to normalise', target: '/%E7%8E%84//a/./b/../c%20d%22%5c?x=%20&A=1&b' },
  { name: 'an encoded line break in the path', target: '/a%09b' },
  { name: 'raw high bytes and quotes in the target', target: '/\xe7\x8e\x84"\\?"\\\xff', isBinary: true },
  { name: 'an empty query', target: '/a?' },
  { name: 'an empty argument', target: '/a?a=&a=2&B=x=y' },
  { name: 'a question mark in the query', target: '/a?b=?&a' },
  { name: 'cookies in any case', target: '/', lines: 'Cookie: cc=0; C="x\\y"; c=2\r\n' },
  { name: 'an empty cookie', target: '/', lines: 'Cookie: b=1;c=;\r\n' },
  { name: 'a forwarded chain', target: '/', lines: 'X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n' },
  { name: 'an empty forwarded chain', target: '/', lines: 'X-Forwarded-For:\r\n' },
  { name: 'basic credentials', target: '/', lines: 'Authorization: Basic dTpw\r\n', remoteUser: 'u' },
]

let folder = ''
let port = 0
let nginx: ChildProcess

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genkan-nginx-'))
  port = await findFreePort()
  const formats = ESCAPES.map((escape) => `log_format ${escape} escape=${escape} '${TEMPLATE}';`)
  const logs = ESCAPES.map((escape) => `access_log ${folder}/${escape}.log ${escape};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr notice; events { worker_connections 64; }
    http { ${temporary.join(' ')} ${formats.join('\n')} ${logs.join(' ')}
      server { listen 127.0.0.1:${port}; location / { return 200 ok; } } }`,
  )
  nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  await untilStarted(nginx)
})

after(async () => {
  if (nginx.exitCode === null && nginx.pid !== undefined) {
    const exited = once(nginx, 'exit')
    nginx.kill('SIGTERM')
    await exited
  }
  rmSync(folder, { recursive: true })
})

for (const sample of SAMPLES) {
  test(`nginx and Genkan log ${sample.name} alike`, async () => {
    const before = readLogs()
    const head = `GET ${sample.target} HTTP/1.1\r\nHost: a.example\r\n${sample.lines ?? ''}Connection: close\r\n\r\n`
    await send(head)
    const theirs = await untilLogged(before)
    const record = toRecord(head, sample)
    for (const [index, escape] of ESCAPES.entries()) {
      if (escape === 'json' && sample.isBinary === true) continue
      const ours = compileLogFormat(TEMPLATE, escape).render(record)
      assert.equal(ours, theirs[index], `escape=${escape}`)
    }
  })
}

/** What our front records for this head. */
function toRecord(head: string, sample: Sample): RequestRecord {
  const record = new RequestRecord()
  record.method = 'GET'
  record.target = sample.target
  record.protocol = 'HTTP/1.1'
  record.authority = record.host = 'a.example'
  record.remoteAddress = '127.0.0.1'
  record.remoteUser = sample.remoteUser ?? ''
  record.headerLines = head.slice(head.indexOf('\n') + 1, -2)
  record.requestBytes = head.length
  record.status = 200
  return record
}

function readLogs(): readonly string[] {
  return ESCAPES.map((escape) => readFileSync(join(folder, `${escape}.log`), 'latin1'))
}

/** nginx writes the line after it closed the connection. @returns the new line of each log */
async function untilLogged(before: readonly string[]): Promise<readonly string[]> {
  const watcher = watch(folder)
  const timeout = AbortSignal.timeout(5000)
  try {
    for (;;) {
      const lines = readLogs().map((text, index) => text.slice(before[index]?.length ?? 0))
      if (lines.every((line) => line.endsWith('\n'))) return lines.map((line) => line.slice(0, -1))
      await once(watcher, 'change', { signal: timeout })
    }
  } finally {
    watcher.close()
  }
}

async function send(head: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(5000, () => socket.destroy(new Error('nginx did not answer')))
  socket.write(head, 'latin1')
  socket.resume()
  await once(socket, 'close')
}

/** nginx says which limits it has once it listens; with a wrong configuration it exits. */
async function untilStarted(child: ChildProcess): Promise<void> {
  const timeout = AbortSignal.timeout(10_000)
  let output = ''
  child.once('error', (error) => child.stderr?.destroy(error))
  while (!output.includes('getrlimit')) {
    assert.ok(child.stderr !== null)
    const [chunk] = (await Promise.race([
      once(child.stderr, 'data', { signal: timeout }),
      once(child, 'exit', { signal: timeout }).then(() => assert.fail(`nginx exited: ${output}`)),
    ])) as [Buffer]
    output += chunk.toString()
  }
}
