/**
 * What a speaker says of the configuration: its ConfigurationState, and Events about what nobody else can see, the passwords of
 * its node's peers. All other mistakes are the controller's to tell, once and not once for each node.
 */
import { compareFindings, type Finding } from '../../../base/finding.ts'
import type { BGPPeer } from '../../../kube/metal-objects.ts'
import type { ApiTransport } from '../../../sources/cluster/api-transport.ts'
import type { KindsSource } from '../../../sources/cluster/kinds-source.ts'
import { SECRETS } from '../../../sources/cluster/resource.ts'
import { EventRecorder } from '../../cluster/event-recorder.ts'
import type { EventSink } from '../../cluster/event-sink.ts'
import { findConfigTarget } from '../config-target.ts'
import { findingsOfNode } from './node-findings.ts'
import type { OwnerReference } from './pod-owner.ts'
import { StateObject } from '../state-object.ts'

export interface SpeakerConfigurationOptions {
  readonly transport: ApiTransport
  readonly node: string
  /** Where MetalLB's objects are. */
  readonly namespace: string
  /** In that namespace. */
  readonly owners: readonly OwnerReference[]
  readonly source: Pick<KindsSource, 'find' | 'forbidden'>
  readonly sink: Pick<EventSink, 'say'>
  readonly onProblem: (message: string) => void
}

export class SpeakerConfiguration {
  readonly #options: SpeakerConfigurationOptions
  readonly #state: StateObject
  readonly #recorder: EventRecorder
  /** Objects that something is wrong with. */
  #wrong: ReadonlySet<string> = new Set()

  constructor(options: SpeakerConfigurationOptions) {
    this.#options = options
    const { transport, node, namespace, owners, source, sink, onProblem } = options
    this.#state = new StateObject({
      transport,
      namespace,
      name: `speaker-${node}`,
      labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': node },
      owners,
      parts: ['configReconcilerValid'],
      mayWrite: () => true,
      onProblem,
    })
    this.#recorder = new EventRecorder({
      // Speakers of other nodes say the same of the same peer: it counts once.
      sink: {
        say: (target, text) => {
          const isWrong = this.#wrong.has(`${target.kind} ${target.namespace}/${target.name}`)
          if (text.type === 'Warning' || !isWrong) sink.say(target, { ...text, isRepeat: true })
        },
      },
      find: (object) => findConfigTarget(source, object),
    })
  }

  start(): void {
    this.#state.start()
  }

  /**
   * @param findings also about other objects, which are no part of it
   * @param labels of the node
   * @returns what is wrong for this node
   */
  tell(
    findings: readonly Finding[],
    peers: readonly BGPPeer[],
    labels: Readonly<Record<string, string>>,
  ): readonly Finding[] {
    const { forbidden } = this.#options.source
    const mayReadSecrets = !forbidden.includes(SECRETS.kind)
    const { own, ofSecrets, needsSecrets } = findingsOfNode(findings, peers, labels, mayReadSecrets)
    this.#wrong = new Set(own.map(({ origin }) => origin.object))
    this.#recorder.record(ofSecrets, true)
    const unread = forbidden.filter((kind) => kind !== SECRETS.kind || needsSecrets)
    this.#state.tell({ findings: [...own].sort(compareFindings), unread })
    return own
  }

  /** The state of a speaker that has ended goes, as far as that is quick. */
  close(): Promise<void> {
    return this.#state.close(true)
  }
}
