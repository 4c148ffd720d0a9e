import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { parse } from 'yaml'
import { type CertRequest, deriveSecretName, runCert } from './cert.ts'

interface Printed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(request: Partial<CertRequest> & Pick<CertRequest, 'hosts'>): Promise<Printed> {
  let stdout = ''
  let stderr = ''
  const io = {
    stdout: { write: (text: string) => void (stdout += text), isTTY: false, columns: 80 },
    stderr: { write: (text: string) => void (stderr += text), isTTY: false },
    env: {},
  }
  const code = await runCert({ namespace: 'default', days: 365, ...request }, io)
  return { code, stdout, stderr }
}

interface SecretManifest {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly type: string
  readonly data: Readonly<Record<string, string>>
}

const decode = (secret: SecretManifest, key: string) => Buffer.from(secret.data[key] ?? '', 'base64').toString()

async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'genkan-cert-'))
  context.after(() => rm(folder, { recursive: true }))
  return folder
}

test('prints a TLS Secret whose pair OpenSSL accepts and which covers every host', async () => {
  const { code, stdout } = await run({ hosts: ['*.example.com', 'example.com', '127.0.0.1'], namespace: 'web' })
  assert.equal(code, 0)
  const secret = parse(stdout) as SecretManifest
  assert.equal(secret.type, 'kubernetes.io/tls')
  assert.deepEqual(secret.metadata, { name: 'wildcard-example-com-tls', namespace: 'web' })
  assert.deepEqual(Object.keys(secret.data), ['tls.crt', 'tls.key'])
  tls.createSecureContext({ cert: decode(secret, 'tls.crt'), key: decode(secret, 'tls.key') })
  const certificate = new X509Certificate(decode(secret, 'tls.crt'))
  assert.ok(certificate.checkHost('a.example.com') && certificate.checkHost('example.com'))
  assert.ok(certificate.checkIP('127.0.0.1'))
})

test('an authority made on the way signs the certificate and can sign the next one', async (context) => {
  const prefix = join(await makeFolder(context), 'my-ca')
  const first = await run({ hosts: ['a.example.com'], createCa: prefix })
  assert.match(first.stderr, /^Wrote .*my-ca\.crt and .*my-ca\.key/)
  assert.equal((await stat(`${prefix}.key`)).mode & 0o777, 0o600)
  const second = await run({ hosts: ['b.example.com'], caCert: `${prefix}.crt`, caKey: `${prefix}.key` })
  const authority = new X509Certificate(await readFile(`${prefix}.crt`, 'utf8'))
  for (const { stdout } of [first, second]) {
    const secret = parse(stdout) as SecretManifest
    assert.equal(decode(secret, 'ca.crt'), await readFile(`${prefix}.crt`, 'utf8'))
    assert.ok(new X509Certificate(decode(secret, 'tls.crt')).verify(authority.publicKey))
  }
})

test('an existing authority is never overwritten', async (context) => {
  const prefix = join(await makeFolder(context), 'my-ca')
  await run({ hosts: ['a.example.com'], createCa: prefix })
  const before = await readFile(`${prefix}.key`, 'utf8')
  await assert.rejects(run({ hosts: ['a.example.com'], createCa: prefix }), {
    name: 'UsageError',
    message: /my-ca\.key: it exists already; give another prefix/,
  })
  assert.equal(await readFile(`${prefix}.key`, 'utf8'), before)
})

test('a mistyped host leaves no authority behind', async (context) => {
  const prefix = join(await makeFolder(context), 'my-ca')
  await assert.rejects(run({ hosts: ['a.example.com', 'b c'], createCa: prefix }), /"b c"/)
  await assert.rejects(stat(`${prefix}.key`), { code: 'ENOENT' })
})

test('a Secret name that YAML would read as a number stays text', async () => {
  const { stdout } = await run({ hosts: ['a.example.com'], name: '0123', namespace: 'no' })
  assert.deepEqual((parse(stdout, { version: '1.1' }) as SecretManifest).metadata, { name: '0123', namespace: 'no' })
})

test('the Secret is named after the first host', () => {
  const names = ['Shop.example.com', '*.example.com', '::1', '10.0.0.1'].map((host) => deriveSecretName([host]))
  assert.deepEqual(names, ['shop-example-com-tls', 'wildcard-example-com-tls', '1-tls', '10-0-0-1-tls'])
})

test('a wildcard directly below a top-level name is made, with a warning', async () => {
  const { stderr } = await run({ hosts: ['*.test'] })
  assert.match(stderr, /^Most clients do not accept \*\.test/)
})

const MISTAKES: readonly (readonly [Partial<CertRequest> & Pick<CertRequest, 'hosts'>, RegExp])[] = [
  [{ hosts: ['https://a.example.com'] }, /give the host alone: a\.example\.com$/],
  [{ hosts: ['a.example.com'], name: 'A_b' }, /Cannot use --name "A_b".*lower-case/],
  [{ hosts: ['a.example.com'], namespace: 'a.b' }, /Cannot use --namespace "a\.b"/],
  [{ hosts: ['a.example.com'], days: 0 }, /valid for 0 days/],
  [{ hosts: ['a.example.com'], caCert: 'x.crt' }, /--ca-key is missing/],
  [{ hosts: ['a.example.com'], caKey: 'x.key' }, /--ca-cert is missing/],
  [{ hosts: ['a.example.com'], caKey: 'x.key', createCa: 'y' }, /give a new authority or an existing one/],
  [{ hosts: ['a.example.com'], createCa: 'folder/' }, /give a file name prefix/],
  [{ hosts: ['a.example.com'], caCert: '/nonexistent/x.crt', caKey: 'x.key' }, /x\.crt: no such file/],
]
for (const [request, message] of MISTAKES) {
  test(`a mistake is told in words: ${message.source}`, async () => {
    await assert.rejects(run(request), { name: 'UsageError', message })
  })
}
