/** The test cluster itself: what the other suites rely on. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { formatEchoApp } from './parts/echo-app.ts'
import { pollUntil } from './parts/poll.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

suite('the test cluster', () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster()
  })
  after(async () => {
    await cluster?.stop()
  })

  test('pods of a Deployment run, answer on their own addresses and become endpoints', async () => {
    await cluster.apply(formatEchoApp({ name: 'web', replicas: 3 }))
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    const endpoints = '{.items[*].endpoints[?(@.conditions.ready==true)].addresses[0]}'
    const slices = ['endpointslices', '-l', 'kubernetes.io/service-name=web']
    let addresses: readonly string[] = []
    await pollUntil(async () => {
      addresses = (await cluster.kubectl('get', ...slices, '-o', `jsonpath=${endpoints}`)).split(' ')
      return addresses.length === 3
    }, 'three endpoints')
    const names = new Set<string>()
    for (const address of addresses) {
      const answer = await fetch(`http://${address}:3000/hello`)
      names.add(((await answer.json()) as { readonly pod: string }).pod)
    }
    assert.equal(names.size, 3)
  })

  test('a pod that is not ready is no endpoint that is ready', async () => {
    const pods = (
      await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')
    ).split(' ')
    await cluster.kubectl('annotate', 'pod', pods[0] ?? '', 'cluster.example/ready=false')
    await cluster.kubectl('wait', `pod/${pods[0]}`, '--for=condition=Ready=false', '--timeout=60s')
  })

  test('a rollout replaces every pod', async () => {
    await cluster.kubectl('set', 'image', 'deployment/web', 'echo=example/echo:2')
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    const images = await cluster.kubectl(
      'get',
      'pods',
      '-l',
      'app=web',
      '-o',
      'jsonpath={.items[*].spec.containers[0].image}',
    )
    assert.ok(images.includes('example/echo:2'), images)
  })
})
