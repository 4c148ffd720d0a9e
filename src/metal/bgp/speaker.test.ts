import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../base/secret.ts'
import type { BgpPeer } from '../model.ts'
import { createBgpSpeaker } from './speaker.ts'

const PEER: BgpPeer = {
  name: 'p',
  myAsn: 64500,
  peerAsn: 64501,
  address: '127.0.0.1',
  // Nobody is there: this is about what is said.
  port: 1,
  sourceAddress: '',
  holdSeconds: 90,
  keepaliveSeconds: 30,
  connectSeconds: 60,
  routerId: '192.0.2.1',
  nodes: [],
  bfdProfile: '',
  hasGracefulRestart: false,
  isMultiHop: true,
  isDualStack: false,
  isPassive: false,
  password: { kind: 'secret', name: 'a/s' },
  origin: { object: 'BGPPeer a/p', path: '' },
}

test('a password that is not there is told once, and again when it went in between', async () => {
  const problems: string[] = []
  let password: Secret | null = null
  const speaker = createBgpSpeaker({
    nodeName: 'n',
    passwordOf: () => password,
    onProblem: (problem) => problems.push(problem),
  })
  try {
    for (let change = 0; change < 3; change++) speaker.setPeers([PEER], {})
    assert.deepEqual(problems, ['Cannot begin the BGP session with p: its password is not there'])
    password = new Secret(Buffer.from('x'))
    speaker.setPeers([PEER], {})
    assert.equal(problems.length, 1)
    assert.equal(speaker.status().length, 1)
    password = null
    for (let change = 0; change < 3; change++) speaker.setPeers([PEER], {})
    assert.equal(problems.length, 2)
    assert.equal(speaker.status().length, 0)
  } finally {
    await speaker.close()
  }
})
