/** The admission webhook, asked by a real API server on behalf of kubectl. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { findFreePort } from '../support/free-port.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { formatIngress, formatIngressClass } from './parts/manifests.ts'
import { pollUntil } from './parts/poll.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ name: http, port: 8080, targetPort: 3000 }] }
`

const configuration = (url: string): string => `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: genkan }
webhooks:
  - name: validate.genkan.dev
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    matchPolicy: Equivalent
    clientConfig: { url: '${url}' }
    rules:
      - { apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [ingresses] }
`

suite('the admission webhook', () => {
  let cluster: TestCluster
  let genkan: ServeProcess
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatIngressClass(), SERVICE)
    await cluster.apply(formatIngress('old-and-bad', { port: 9376 }))
    const port = await findFreePort()
    await cluster.apply(configuration(`https://127.0.0.1:${port}/networking/v1/ingresses`))
    genkan = await startServe(cluster.kubeconfig, 'genkan-a', [
      `--validating-webhook=127.0.0.1:${port}`,
      '--webhook-configuration=genkan',
      '--election-ttl=4s',
    ])
    await until(
      async () => (await tryApply(formatIngress('probe'), '--dry-run=server')) === '',
      'a webhook that answers',
    )
  })
  after(async () => {
    await genkan?.program.stop()
    await cluster?.stop()
  })

  /** Complaint of kubectl, empty when it was applied. */
  const tryApply = async (manifest: string, ...flags: readonly string[]): Promise<string> => {
    using folder = createTemporaryFolder()
    const file = folder.file('manifest.json')
    writeFileSync(file, manifest)
    try {
      await cluster.kubectl('apply', '-f', file, ...flags)
      return ''
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  const until = (holds: () => Promise<boolean>, what: string): Promise<number> =>
    pollUntil(holds, what).catch((error: unknown) => assert.fail(`${String(error)}\n${genkan.program.output()}`))

  test('a good Ingress is stored', async () => {
    assert.equal(await tryApply(formatIngress('good')), '')
    assert.match(await cluster.kubectl('get', 'ingress', 'good', '-o', 'name'), /good/)
  })

  test('one that names a port that its Service does not have is refused in the words of lint', async () => {
    const complaint = await tryApply(formatIngress('bad', { port: 9376 }))
    assert.match(complaint, /denied the request/)
    assert.match(complaint, /9376/)
  })

  test('the same of another class is stored', async () => {
    assert.equal(await tryApply(formatIngress('foreign', { className: 'other', port: 9376 })), '')
  })

  test('a host and path that another Ingress has is refused', async () => {
    assert.equal(await tryApply(formatIngress('first', { host: 'claimed.example' })), '')
    await until(async () => {
      const complaint = await tryApply(formatIngress('second', { host: 'claimed.example' }), '--dry-run=server')
      return /Ingress default\/first has it/.test(complaint)
    }, 'a refusal')
  })

  test('a dry run is judged, and changes nothing', async () => {
    assert.match(await tryApply(formatIngress('dry', { port: 9376 }), '--dry-run=server'), /9376/)
    assert.equal(await tryApply(formatIngress('dry'), '--dry-run=server'), '')
    await assert.rejects(cluster.kubectl('get', 'ingress', 'dry'), /NotFound/)
  })

  test('nobody is locked out of an object that was bad before: only what is new is refused', async () => {
    const withTimeout = { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '30' }
    assert.equal(await tryApply(formatIngress('old-and-bad', { port: 9376, annotations: withTimeout })), '')
    assert.match(await tryApply(formatIngress('old-and-bad', { port: 9377, annotations: withTimeout })), /9377/)
    await cluster.kubectl('label', 'ingress', 'old-and-bad', 'a=b')
    await cluster.kubectl('delete', 'ingress', 'old-and-bad')
  })

  test('a Secret that is not followed is read before its absence is claimed', async () => {
    const annotations = {
      'nginx.ingress.kubernetes.io/auth-type': 'basic',
      'nginx.ingress.kubernetes.io/auth-secret': 'users',
    }
    assert.match(await tryApply(formatIngress('guarded', { annotations })), /users/)
    await cluster.kubectl(
      'create',
      'secret',
      'generic',
      'users',
      '--from-literal=auth=ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
    )
    assert.equal(await tryApply(formatIngress('guarded', { annotations })), '')
  })

  test('the certificate is kept in a Secret, and the API server is told of its authority', async () => {
    const authority = (): Promise<string> =>
      cluster.kubectl('get', 'secret', 'genkan-admission', '-o', 'jsonpath={.data.ca\\.crt}')
    const bundle = (): Promise<string> =>
      cluster.kubectl(
        'get',
        'validatingwebhookconfiguration',
        'genkan',
        '-o',
        'jsonpath={.webhooks[0].clientConfig.caBundle}',
      )
    assert.equal(await bundle(), await authority())
  })
})
