import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import test from 'node:test'
import { Secret } from '../../../base/secret.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { DEFAULT_ELECTION } from '../../../metal/election/election-model.ts'
import { DEFAULT_TIMING } from '../../../metal/heartbeat/heartbeat-model.ts'
import { readContent } from '../../../sources/files/file-content.ts'
import { readSpeakerInputs, type SpeakerInputs } from './speaker-inputs.ts'
import type { SpeakerOptions } from './speaker-options.ts'
import { Speaker } from './speaker.ts'

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

function inputsOf(options: SpeakerOptions, services: number): SpeakerInputs {
  const documents = [
    '{apiVersion: v1, kind: Node, metadata: {name: a}, status: {addresses: [{type: InternalIP, address: 127.0.0.1}]}}',
    '{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: pool, namespace: metallb-system}, spec: {addresses: [192.0.2.10-192.0.2.99]}}',
    '{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: all, namespace: metallb-system}}',
  ]
  for (let at = 0; at < services; at++) {
    documents.push(
      `{apiVersion: v1, kind: Service, metadata: {name: s${at}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}`,
      `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s${at}, labels: {kubernetes.io/service-name: s${at}}}, addressType: IPv4, ports: [{port: 80}], endpoints: [{addresses: [10.244.0.1], nodeName: a}]}`,
    )
  }
  const { objects } = readContent(documents.join('\n---\n'), 'objects.yaml', 0)
  const inputs = readSpeakerInputs(createSnapshot(objects), options, true)
  // Nothing of this goes to a network.
  return { ...inputs, config: { ...inputs.config, excludedInterfaces: ['.*'] } }
}

test('many changes at once are one report', { timeout: 60_000 }, async (context) => {
  const options: SpeakerOptions = {
    nodeName: 'a',
    heartbeatKey: new Secret(Buffer.from('key')),
    heartbeatPort: await freePort(),
    timing: DEFAULT_TIMING,
    election: DEFAULT_ELECTION,
    loadBalancerClass: '',
    namespace: '',
    gratuitousMs: 0,
    isPromiscuous: false,
    metricsPort: 0,
    metricsHost: '',
  }
  const first = Promise.withResolvers<void>()
  let reports = 0
  const speaker = new Speaker(
    options,
    { line() {}, problem() {} },
    {
      announced() {
        reports++
        if (speaker.facts.l2.length > 0) first.resolve()
      },
      warn() {},
      tookOver() {},
    },
  )
  context.after(() => speaker.close())
  speaker.update(inputsOf(options, 1))
  await first.promise
  reports = 0
  for (const services of [2, 3, 4]) speaker.update(inputsOf(options, services))
  assert.equal(speaker.facts.l2.length, 4)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(reports, 1)
})
