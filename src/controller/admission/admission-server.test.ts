import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { type TestContext, test } from 'node:test'
import { createSelfSigned } from '../../base/certificate.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { ALLOWED } from './admission-review.ts'
import { type AdmissionServerOptions, startAdmissionServer } from './admission-server.ts'
import { followCertificateFiles } from './certificate-files.ts'

async function start(context: TestContext, judge: AdmissionServerOptions['judge']) {
  const problems: string[] = []
  const server = await startAdmissionServer({
    address: '127.0.0.1:0',
    judge,
    onProblem: (message) => problems.push(message),
  })
  context.after(() => server.close())
  return { server, problems }
}

/** @param ca the only authority that is trusted */
function ask(port: number, ca: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, method: 'POST', path: '/any', ca, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
      .on('error', reject)
      .end(body)
  })
}

const REVIEW = JSON.stringify({ request: { uid: 'u1', operation: 'CREATE', namespace: 'default' } })

test('a fault of our own allows the object, with a warning', async (context) => {
  const { server, problems } = await start(context, () => Promise.reject(new Error('broken')))
  const pair = await createSelfSigned(['127.0.0.1'])
  server.useCertificate(pair)
  const { status, text } = await ask(server.port, pair.certPem, REVIEW)
  assert.equal(status, 200)
  const { response } = JSON.parse(text) as { readonly response: Readonly<Record<string, unknown>> }
  assert.equal(response['uid'], 'u1')
  assert.equal(response['allowed'], true)
  assert.equal((response['warnings'] as readonly string[]).length, 1)
  assert.match(problems.join('\n'), /broken/)
})

test('what is no review is an error of the caller', async (context) => {
  const { server } = await start(context, () => Promise.resolve(ALLOWED))
  const pair = await createSelfSigned(['127.0.0.1'])
  server.useCertificate(pair)
  assert.equal((await ask(server.port, pair.certPem, 'no JSON')).status, 400)
  assert.equal((await ask(server.port, pair.certPem, '{"request":5}')).status, 400)
})

test('a review of more than 9 MiB is refused with a reason, and the next one is answered', async (context) => {
  const { server, problems } = await start(context, () => Promise.resolve(ALLOWED))
  const pair = await createSelfSigned(['127.0.0.1'])
  server.useCertificate(pair)
  const object = 'x'.repeat(9 * 1_048_576)
  const long = await ask(server.port, pair.certPem, JSON.stringify({ request: { uid: 'u2', object } }))
  assert.equal(long.status, 413)
  assert.match(long.text, /longer than 9437184 bytes/)
  const nearly = JSON.stringify({ request: { uid: 'u3', object: object.slice(100) } })
  assert.equal((await ask(server.port, pair.certPem, nearly)).status, 200)
  assert.equal((await ask(server.port, pair.certPem, REVIEW)).status, 200)
  assert.deepEqual(problems, [])
})

test('certificate files are read again when they change', async (context) => {
  const { server } = await start(context, () => Promise.resolve(ALLOWED))
  using folder = createTemporaryFolder()
  const files = { certificate: folder.file('tls.crt'), key: folder.file('tls.key') }
  const used = Promise.withResolvers<void>()
  const pairs = [await createSelfSigned(['127.0.0.1']), await createSelfSigned(['127.0.0.1'])] as const
  const write = ({ certPem, keyPem }: (typeof pairs)[0]): void => {
    writeFileSync(files.certificate, certPem)
    writeFileSync(files.key, keyPem)
  }
  write(pairs[0])
  const end = await followCertificateFiles(
    files,
    (pair) => {
      server.useCertificate(pair)
      if (pair.certPem === pairs[1].certPem) used.resolve()
    },
    // The first of two files may be new already.
    () => undefined,
  )
  context.after(end)
  assert.equal((await ask(server.port, pairs[0].certPem, REVIEW)).status, 200)
  write(pairs[1])
  const bound = setTimeout(() => used.reject(new Error('The new files were not read in 60 s')), 60_000)
  await used.promise
  clearTimeout(bound)
  assert.equal((await ask(server.port, pairs[1].certPem, REVIEW)).status, 200)
  await assert.rejects(ask(server.port, pairs[0].certPem, REVIEW))
})
