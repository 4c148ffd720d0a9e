/** The admission webhook, asked by a real API server on behalf of kubectl. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../support/free-port.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const CLASSES = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx }
spec: { controller: k8s.io/ingress-nginx }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`

interface Shape {
  readonly className?: string
  readonly host?: string
  readonly port?: number
  readonly annotations?: Readonly<Record<string, string>>
}

function ingress(name: string, shape: Shape = {}): string {
  const { className = 'nginx', host = `${name}.example`, port = 80, annotations = {} } = shape
  return JSON.stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      ingressClassName: className,
      rules: [
        {
          host,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: port } } } }],
          },
        },
      ],
    },
  })
}

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
    await cluster.apply(CLASSES)
    await cluster.apply(ingress('old-and-bad', { port: 9376 }))
    const port = await findFreePort()
    await cluster.apply(configuration(`https://127.0.0.1:${port}/networking/v1/ingresses`))
    genkan = await startServe(cluster.kubeconfig, 'genkan-a', [
      `--validating-webhook=127.0.0.1:${port}`,
      '--webhook-configuration=genkan',
      '--election-ttl=4s',
    ])
    await until(async () => (await tryApply(ingress('probe'), '--dry-run=server')) === '', 'a webhook that answers')
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
  const until = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
    const endsAtMs = performance.now() + 60_000
    while (!(await holds())) {
      if (performance.now() > endsAtMs) assert.fail(`Did not come to be: ${what}\n${genkan.program.output()}`)
      await delay(50)
    }
  }

  test('a good Ingress is stored', async () => {
    assert.equal(await tryApply(ingress('good')), '')
    assert.match(await cluster.kubectl('get', 'ingress', 'good', '-o', 'name'), /good/)
  })

  test('one that names a port that its Service does not have is refused in the words of lint', async () => {
    const complaint = await tryApply(ingress('bad', { port: 9376 }))
    assert.match(complaint, /denied the request/)
    assert.match(complaint, /9376/)
  })

  test('the same of another class is stored', async () => {
    assert.equal(await tryApply(ingress('foreign', { className: 'other', port: 9376 })), '')
  })

  test('a host and path that another Ingress has is refused', async () => {
    assert.equal(await tryApply(ingress('first', { host: 'claimed.example' })), '')
    await until(async () => {
      const complaint = await tryApply(ingress('second', { host: 'claimed.example' }), '--dry-run=server')
      return /Ingress default\/first has it/.test(complaint)
    }, 'a refusal')
  })

  test('a dry run is judged, and changes nothing', async () => {
    assert.match(await tryApply(ingress('dry', { port: 9376 }), '--dry-run=server'), /9376/)
    assert.equal(await tryApply(ingress('dry'), '--dry-run=server'), '')
    await assert.rejects(cluster.kubectl('get', 'ingress', 'dry'), /NotFound/)
  })

  test('nobody is locked out of an object that was bad before: only what is new is refused', async () => {
    const withTimeout = { 'nginx.ingress.kubernetes.io/proxy-read-timeout': '30' }
    assert.equal(await tryApply(ingress('old-and-bad', { port: 9376, annotations: withTimeout })), '')
    assert.match(await tryApply(ingress('old-and-bad', { port: 9377, annotations: withTimeout })), /9377/)
    await cluster.kubectl('label', 'ingress', 'old-and-bad', 'a=b')
    await cluster.kubectl('delete', 'ingress', 'old-and-bad')
  })

  test('a Secret that is not followed is read before its absence is claimed', async () => {
    const annotations = {
      'nginx.ingress.kubernetes.io/auth-type': 'basic',
      'nginx.ingress.kubernetes.io/auth-secret': 'users',
    }
    assert.match(await tryApply(ingress('guarded', { annotations })), /users/)
    await cluster.kubectl(
      'create',
      'secret',
      'generic',
      'users',
      '--from-literal=auth=ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
    )
    assert.equal(await tryApply(ingress('guarded', { annotations })), '')
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
