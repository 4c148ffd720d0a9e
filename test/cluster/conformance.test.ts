/**
 * What every controller of Ingress must do, as the official conformance suite sees it: thirty scenarios, in our words, as
 * data in the folder beside. scripts/run-ingress-conformance.sh runs the official ones.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { createSelfSigned } from '../../src/base/certificate.ts'
import { formatEchoApp } from './parts/echo-app.ts'
import { type Echo, exchange, type Question, type Reply } from './parts/exchange.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { pollUntil } from './parts/poll.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

interface Ingress {
  readonly metadata: { readonly name: string }
  readonly spec: object
}

interface Case {
  readonly name: string
  readonly request: { readonly method?: string; readonly host: string; readonly path?: string; readonly tls?: boolean }
  readonly expect: {
    readonly status: number
    readonly service?: string
    /** As the pod sees it, where that is not the path of the request. */
    readonly path?: string
    readonly certificate?: string
    readonly responseHeaders?: readonly string[]
  }
}

interface Topic {
  /** Hosts by the name of a Secret. */
  readonly certificates?: Readonly<Record<string, readonly string[]>>
  readonly ingresses: readonly Ingress[]
  readonly cases: readonly Case[]
}

const ADDRESS = '192.0.2.10'

suite('conformance of Ingress', () => {
  let cluster: TestCluster
  let genkan: ServeProcess
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name: 'conformance' },
        spec: { controller: 'genkan.dev/ingress' },
      }),
    )
    genkan = await startServe(cluster.kubeconfig, 'genkan-a', [
      `--publish-status-address=${ADDRESS}`,
      '--election-ttl=4s',
      '--workers=2',
      '--controller-class=genkan.dev/ingress',
    ])
  })
  after(async () => {
    await genkan?.program.stop()
    await cluster?.stop()
  })

  /** Pods run, the Ingresses have their address: from then on every request is answered as it should be. */
  const open = async (namespace: string, topic: Topic): Promise<void> => {
    await cluster.kubectl('create', 'namespace', namespace)
    for (const [name, hosts] of Object.entries(topic.certificates ?? {})) {
      const { certPem, keyPem } = await createSelfSigned(hosts)
      await cluster.apply(
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          type: 'kubernetes.io/tls',
          metadata: { name, namespace },
          stringData: { 'tls.crt': certPem, 'tls.key': keyPem },
        }),
      )
    }
    const services = new Set(
      [...JSON.stringify(topic.ingresses).matchAll(/"service":\{"name":"([^"]+)"/g)].map(([, name = '']) => name),
    )
    await cluster.apply([...services].map((name) => formatEchoApp({ name, namespace })).join('\n---\n'))
    await cluster.kubectl(
      'wait',
      'deployment',
      '--all',
      `--namespace=${namespace}`,
      '--for=condition=Available',
      '--timeout=60s',
    )
    const ingresses = topic.ingresses.map(({ metadata, spec }) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { ...metadata, namespace },
      spec: { ingressClassName: 'conformance', ...spec },
    }))
    await cluster.apply(ingresses.map((ingress) => JSON.stringify(ingress)).join('\n---\n'))
    await cluster.kubectl(
      'wait',
      'ingress',
      '--all',
      `--namespace=${namespace}`,
      `--for=jsonpath={.status.loadBalancer.ingress[0].ip}=${ADDRESS}`,
      '--timeout=60s',
    )
    await untilKnown(genkan, services.size, 1)
  }
  const close = async (namespace: string): Promise<void> => {
    await cluster.kubectl('delete', 'ingress', '--all', `--namespace=${namespace}`)
    await cluster.kubectl('delete', 'namespace', namespace, '--wait=false')
    await untilGone()
  }
  const untilGone = async (): Promise<void> => {
    const endsAtMs = performance.now() + 60_000
    while ((await exchange(genkan, { host: 'nobody.example' })).status !== 404) {
      assert.ok(performance.now() < endsAtMs, 'requests without a rule still find a backend')
      await delay(20)
    }
  }

  for (const name of ['host-rules', 'path-rules', 'default-backend']) {
    const topic = parse(readFileSync(new URL(`conformance/${name}.yaml`, import.meta.url), 'utf8')) as Topic
    suite(name, () => {
      before(() => open(name, topic))
      after(() => close(name))
      for (const { name: title, request, expect } of topic.cases) {
        test(title, async () => {
          const question: Question = { ...request, isTls: request.tls === true }
          const reply = await follow(genkan, question)
          assert.equal(reply.status, expect.status, reply.body)
          assert.equal(reply.httpVersion, '1.1')
          if (expect.certificate !== undefined) assert.equal(reply.names, `DNS:${expect.certificate}`)
          for (const header of expect.responseHeaders ?? []) assert.ok(reply.headers[header] !== undefined, header)
          if (expect.service === undefined) return
          const echo = JSON.parse(reply.body) as Echo
          assert.equal(echo.service, expect.service)
          assert.equal(echo.host, request.host)
          assert.equal(echo.method, request.method ?? 'GET')
          assert.equal(echo.path, expect.path ?? request.path ?? '/')
          assert.equal(echo.proto, 'HTTP/1.1')
          assert.deepEqual(echo.headers['User-Agent'], ['conformance/1'])
        })
      }
    })
  }

  test('an Ingress of a class that does not exist is not served and gets no address', async () => {
    const namespace = 'ingress-class'
    const paths = [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'echo', port: { number: 8080 } } } }]
    const make = (name: string, ingressClassName: string): Ingress => ({
      metadata: { name },
      spec: { ingressClassName, rules: [{ host: `${name}.example`, http: { paths } }] },
    })
    await open(namespace, { ingresses: [make('known', 'conformance')], cases: [] })
    const stranger = make('stranger', 'nobodys')
    await cluster.apply(
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        ...stranger,
        metadata: { ...stranger.metadata, namespace },
      }),
    )
    // The absence is the point: what is ours had its address long before.
    await delay(3000)
    assert.equal((await exchange(genkan, { host: 'known.example' })).status, 200)
    assert.equal((await exchange(genkan, { host: 'stranger.example' })).status, 404)
    const status = await cluster.kubectl(
      'get',
      'ingress',
      'stranger',
      `--namespace=${namespace}`,
      '-o',
      'jsonpath={.status.loadBalancer}',
    )
    assert.equal(status, '{}')
    await close(namespace)
  })

  test('a hundred requests on connections of their own reach all ten pods', async () => {
    const namespace = 'load-balancing'
    const spec = { defaultBackend: { service: { name: 'echo', port: { number: 8080 } } } }
    await open(namespace, { ingresses: [{ metadata: { name: 'all' }, spec }], cases: [] })
    await cluster.kubectl('scale', 'deployment/echo', `--namespace=${namespace}`, '--replicas=10')
    await cluster.kubectl('rollout', 'status', 'deployment/echo', `--namespace=${namespace}`, '--timeout=60s')
    await untilKnown(genkan, 1, 10)
    const pods = new Set<string>()
    for (let i = 0; i < 100; i++) {
      const reply = await exchange(genkan, { host: 'load.example' })
      assert.equal(reply.status, 200)
      pods.add((JSON.parse(reply.body) as Echo).pod)
    }
    assert.equal(pods.size, 10)
    await close(namespace)
  })
})

/** Redirects of the server lead to itself, by another scheme or path. */
async function follow(server: ServeProcess, question: Question): Promise<Reply> {
  const reply = await exchange(server, { ...question, headers: { 'user-agent': 'conformance/1' } })
  if (reply.status < 300 || reply.status > 399) return reply
  const { protocol, hostname, pathname, search } = new URL(reply.headers.location ?? '')
  assert.equal(question.isTls, false, 'a redirect of https')
  return follow(server, { ...question, host: hostname, path: pathname + search, isTls: protocol === 'https:' })
}

/** Until the data plane has so many backends, and so many endpoints of each: pods are Available before the last slice is written. */
async function untilKnown(server: ServeProcess, backends: number, endpoints: number): Promise<void> {
  await pollUntil(async () => {
    const answer = await fetch(`http://127.0.0.1:${server.adminPort}/api/v1/backends`)
    const all = (await answer.json()) as readonly { readonly endpoints: readonly unknown[] }[]
    return all.length >= backends && all.every((backend) => backend.endpoints.length >= endpoints)
  }, `${backends} backends with ${endpoints} endpoints each`)
}
