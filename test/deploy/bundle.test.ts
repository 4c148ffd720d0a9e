/** The bundle of the container image: it runs without node_modules, also what is started as a process or a thread. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function get(port: number, host: string, authorization = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = authorization === '' ? { host } : { host, authorization }
    request({ host: '127.0.0.1', port, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
      .on('error', reject)
      .end()
  })
}

test('the bundle serves the quick start with two workers, and checks passwords, without node_modules', async () => {
  using folder = createTemporaryFolder()
  const dist = folder.file('dist')
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.ts'), dist])
  const manifests = folder.file('manifests')
  cpSync(join(ROOT, 'examples/quickstart'), manifests, { recursive: true })
  const hash = createHash('sha1').update('secret').digest('base64')
  writeFileSync(
    join(manifests, 'protected.yaml'),
    `
apiVersion: v1
kind: Secret
metadata: { name: users }
stringData: { auth: "ann:{SHA}${hash}" }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: protected
  annotations: { nginx.ingress.kubernetes.io/auth-type: basic, nginx.ingress.kubernetes.io/auth-secret: users }
spec:
  ingressClassName: nginx
  rules: [{ host: protected.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`,
  )
  const program = await startProgram(
    process.execPath,
    [
      join(dist, 'genkan.js'),
      'dev',
      manifests,
      '--http-port=0',
      '--https-port=0',
      '--admin-port=0',
      '--workers=2',
      '--access-log=off',
    ],
    { cwd: folder.path, env: { XDG_CACHE_HOME: folder.file('cache') } },
  )
  try {
    const ready = JSON.parse(await program.waitForLine(/^\{"event":"ready"/, 60_000)) as { readonly http: string }
    const port = Number(new URL(ready.http).port)
    assert.notEqual(await get(port, 'shop.localhost'), 404)
    assert.equal(await get(port, 'protected.example'), 401)
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
    assert.equal(await get(port, 'protected.example', basic('ann:wrong')), 401)
    assert.equal(await get(port, 'protected.example', basic('ann:secret')), 200)
  } finally {
    await program.stop()
  }
  assert.deepEqual(await program.exited, { code: 0, signal: null })
})

test('the bundle has what the speaker calls the C library by, for this platform, and no sources of it', () => {
  using folder = createTemporaryFolder()
  const dist = folder.file('dist')
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.ts'), dist])
  const script = `const koffi = require('koffi'); console.log(koffi.load(null).func('getpid', 'int', [])() === process.pid)`
  assert.equal(execFileSync(process.execPath, ['-e', script], { cwd: dist, encoding: 'utf8' }).trim(), 'true')
  const megabytes = Number(execFileSync('du', ['-sm', join(dist, 'node_modules')], { encoding: 'utf8' }).split('\t')[0])
  assert.ok(megabytes <= 4, `${megabytes} MB`)
  // Again into the same folder, as a developer does.
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.ts'), dist])
})
