/** A node with `genkan speaker` on it and routers around: the test's own host is the node, each router is one behind the bridge. */
import { spawn } from 'node:child_process'
import { addPeerHost, OWN_V4, type PeerHost } from './bgp-hosts.ts'
import { MY_ASN, PEER_ASN } from './bgp-peer.ts'
import { eventually } from './eventually.ts'
import { bgpPeer, type KubeManifest, node, type NodeFacts, ObjectsFile } from './metal-objects.ts'
import { GENKAN, sampleOf, type SpeakerProcess, watchSpeaker } from './speaker-process.ts'

export const NODE = 'node-1'

export class BgpSite {
  readonly #file = new ObjectsFile()
  readonly #hosts: PeerHost[] = []
  readonly #speakers: SpeakerProcess[] = []

  addRouter(): PeerHost {
    const host = addPeerHost()
    this.#hosts.push(host)
    return host
  }

  /** All objects but the Node. */
  write(objects: readonly KubeManifest[], facts: NodeFacts = {}): void {
    this.#file.write([node(NODE, OWN_V4, facts), ...objects])
  }

  start(): SpeakerProcess {
    const args = [GENKAN, 'speaker', this.#file.path, '--node-name', NODE]
    const speaker = watchSpeaker(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
    this.#speakers.push(speaker)
    return speaker
  }

  /** Of its metrics, as soon as it has any. `null` = there is none of that name and labels. */
  async sample(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | null> {
    let text = ''
    await eventually('metrics', async () => {
      const response = await fetch('http://127.0.0.1:7472/metrics').catch(() => null)
      text = (await response?.text()) ?? ''
      return text !== ''
    })
    return sampleOf(text, name, labels)
  }

  async close(): Promise<void> {
    for (const { child } of this.#speakers) child.kill('SIGKILL')
    await Promise.all(this.#speakers.map((speaker) => speaker.ended()))
    for (const host of this.#hosts) host.close()
    this.#file.remove()
  }
}

/** In another AS unless it is said otherwise. */
export function peerAt(name: string, peerAddress: string, spec: Readonly<Record<string, unknown>> = {}): KubeManifest {
  return bgpPeer(name, { myASN: MY_ASN, peerASN: PEER_ASN, peerAddress, connectTime: '1s', ...spec })
}
