/** What a mistake on the command line or in a folder looks like: one clear message, the exit code, never a stack. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startGenkan } from '../support/genkan.ts'
import { miniCurl } from '../support/mini-curl.ts'
import { startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const program = fileURLToPath(new URL('../../bin/genkan.js', import.meta.url))
const quickstart = fileURLToPath(new URL('../../examples/quickstart', import.meta.url))

async function runGenkan(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  const genkan = await startProgram(process.execPath, [program, ...args])
  const { code } = await genkan.exited
  const output = genkan.output()
  assert.doesNotMatch(output, /^\s+at .*:\d+:\d+\)?$/m, 'a stack trace was printed')
  return { code, output }
}

async function takePort(): Promise<{ readonly port: number } & Disposable> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => server.close() }
}

const usage: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['an unknown flag is refused with the one meant', ['lint', '--formt', 'json', 'x'], /--formt.*\n.*--format/],
  ['an unknown command is refused', ['lnit', 'x'], /unknown command 'lnit'[\s\S]*lint/],
  ['a missing path is refused', ['dev'], /missing required argument 'path'/],
  ['a port that cannot be is refused', ['dev', quickstart, '--http-port', '99999'], /port from 0 to 65535/],
  ['a format that is not there is refused', ['lint', quickstart, '--format', 'xml'], /text, json, sarif/],
  ['a backend that cannot be read is refused', ['dev', quickstart, '--backend', 'web'], /NAMESPACE\/SERVICE/],
  ['a URL that cannot be read is refused', ['explain', quickstart, '--url', 'shop'], /Cannot read the URL "shop"/],
  [
    'dev of a path that does not exist is refused',
    ['dev', quickstart, 'no/such'],
    /^Cannot read no\/such: it does not exist; check the spelling$/m,
  ],
  ['explain without manifests is refused', ['explain', '--url', 'http://a/'], /nothing to read is given; .*--live/],
]
for (const [name, args, message] of usage) {
  test(`${name}, exit code 2`, async () => {
    const { code, output } = await runGenkan(...args)
    assert.match(output, message)
    assert.equal(code, 2)
  })
}

for (const flag of ['--http-port', '--https-port', '--admin-port']) {
  test(`a port in use is told with the flag ${flag} that changes it, exit code 1`, async () => {
    using taken = await takePort()
    const ports = ['--http-port', '--https-port', '--admin-port'].flatMap((name) => [
      name,
      name === flag ? String(taken.port) : '0',
    ])
    const { code, output } = await runGenkan('dev', quickstart, '--access-log', 'off', ...ports)
    assert.match(output, new RegExp(`Cannot listen .*127\\.0\\.0\\.1:${taken.port}: the port is in use.*${flag}`))
    assert.equal(code, 1)
  })
}

test('an access log that cannot be opened is told, exit code 1', async () => {
  using folder = createTemporaryFolder()
  const { code, output } = await runGenkan(
    'dev',
    quickstart,
    '--http-port=0',
    '--https-port=0',
    '--admin-port=0',
    '--access-log',
    folder.file('no/such/access.log'),
  )
  assert.match(output, /Cannot open access log/)
  assert.equal(code, 1)
})

test('files that cannot be used are findings, and the good objects beside them are served', async () => {
  using folder = createTemporaryFolder()
  cpSync(quickstart, folder.file('good'), { recursive: true })
  writeFileSync(folder.file('syntax.yaml'), 'a: b\n  c: [\n')
  writeFileSync(folder.file('big.yaml'), Buffer.alloc(20_000_000, 'a'))
  writeFileSync(folder.file('binary.yaml'), Buffer.from([0, 1, 2, 255, 0]))
  writeFileSync(
    folder.file('types.yaml'),
    'apiVersion: v1\nkind: Service\nmetadata: {name: t}\nspec: {ports: [{port: 99999}]}\n',
  )
  writeFileSync(
    folder.file('key.yaml'),
    'apiVersion: v1\nkind: Secret\nmetadata: {name: k}\ntype: kubernetes.io/tls\ndata: {tls.crt: "%%%", tls.key: eA==}\n',
  )
  mkdirSync(folder.file('loop'))
  symlinkSync(folder.path, folder.file('loop/back'))

  const { code, output } = await runGenkan('lint', folder.path)
  assert.equal(code, 1)
  for (const [file, finding] of [
    ['syntax.yaml:1', 'error YAML_SYNTAX'],
    ['big.yaml', 'error FILE_TOO_LARGE'],
    ['binary.yaml', 'error FILE_NOT_TEXT'],
    ['types.yaml:4', 'error FIELD_VALUE'],
    ['key.yaml:5', 'error SECRET_INVALID'],
    ['loop/back', 'warning FILE_LOOP'],
  ] as const) {
    assert.match(output, new RegExp(`${file}[^\\n]*${finding}`))
  }

  const genkan = await startGenkan([folder.path, '--access-log', 'off'])
  try {
    const url = `http://shop.localhost:${genkan.httpPort}/`
    assert.equal(await miniCurl(['-s', '-o', '/dev/null', '-w', '%{http_code}', url]), '200')
  } finally {
    await genkan.stop()
  }
})

test('a user whom the system does not know, and who has no HOME, can use it', async () => {
  // What os.homedir() does for such a user.
  const preload = `import os from 'node:os'
import { syncBuiltinESMExports } from 'node:module'
os.homedir = () => { throw new Error('uv_os_homedir returned ENOENT') }
syncBuiltinESMExports()`
  const homeless = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`]
  for (const [args, expected] of [
    [['lint', quickstart], /1 warning in 2 files/],
    [['lint', '--cluster'], /Cannot read a kubeconfig: .*'\/\.kube\/config'/],
  ] as const) {
    const env = { KUBECONFIG: '', XDG_CACHE_HOME: '' }
    const genkan = await startProgram(process.execPath, [...homeless, program, ...args], { env })
    await genkan.exited
    assert.match(genkan.output(), expected)
    assert.doesNotMatch(genkan.output(), /ENOENT$|^\s+at .*:\d+:\d+\)?$/m)
  }
})

test('a host name that nobody knows is told with the flag', async () => {
  const { code, output } = await runGenkan('dev', quickstart, '--host=no.invalid', '--http-port=0', '--https-port=0')
  assert.match(output, /Cannot listen on no\.invalid:0: no address is known for the name; choose another with --host/)
  assert.equal(code, 1)
})

test('explain says what is wrong with the Ingress asked about, and of the errors of others only a few', async () => {
  using folder = createTemporaryFolder()
  const ingress = (name: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, namespace: shop}
spec:
  rules:
    - host: ${name}.localhost
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: lost-${name}, port: {number: 80}}}}]}
`
  const names = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'z']
  writeFileSync(folder.file('all.yaml'), names.map(ingress).join('---\n'))
  const { code, output } = await runGenkan('explain', folder.path, '--url', 'http://z.localhost/')
  assert.equal(code, 0)
  const errors = output.split('\n').filter((line) => line.startsWith('error SERVICE_NOT_FOUND'))
  assert.match(errors[0] ?? '', /Service shop\/lost-z/)
  assert.equal(errors.length, 6)
  assert.match(output, /^and 2 more errors of other objects; genkan lint lists them$/m)
})

test('a path that does not exist is a finding, exit code 1', async () => {
  const { code, output } = await runGenkan('lint', 'no/such/folder')
  assert.match(output, /no\/such\/folder.* error FILE_UNREADABLE/)
  assert.equal(code, 1)
})

test('explain of a path that does not exist says so in any format, exit code 1', async () => {
  for (const format of ['text', 'json']) {
    const { code, output } = await runGenkan('explain', 'no/such', '--url', 'http://a/', '--format', format)
    assert.equal(output.match(/error FILE_UNREADABLE: Cannot read no\/such: it does not exist/g)?.length, 1)
    assert.equal(code, 1)
  }
})

test('dev ends with 0 on SIGTERM and on SIGINT', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const genkan = await startGenkan([quickstart, '--access-log', 'off'])
    await genkan.program.stop(signal)
    assert.deepEqual(await genkan.program.exited, { code: 0, signal: null })
  }
})

test('dev started through npx ends when npx is told to', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const args = [
    'genkan',
    'dev',
    'examples/quickstart',
    '--access-log=off',
    '--http-port=0',
    '--https-port=0',
    '--admin-port=0',
  ]
  const npx = await startProgram('npx', args, { cwd: root })
  const ready = JSON.parse(await npx.waitForLine(/^\{"event":"ready"/, 20_000)) as { readonly admin: string }
  await npx.stop('SIGTERM')
  const deadline = AbortSignal.timeout(10_000)
  const isUp = (): Promise<boolean> =>
    fetch(`${ready.admin}/healthz`, { signal: deadline, headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    )
  while (await isUp()) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(deadline.aborted, false, 'it went on for ten seconds')
})
