/** From the objects of manifests to the model that is served, step by step: what did not change is not made again. */
import type { Finding } from '../base/finding.ts'
import { judgeAlbIngresses } from '../dialects/aws/judge-ingresses.ts'
import { isOfEndpoints } from '../dialects/incremental/affected.ts'
import { IncrementalTranslator } from '../dialects/incremental/incremental-translator.ts'
import { lint } from '../dialects/lint/lint.ts'
import type { TranslateOptions } from '../dialects/translation.ts'
import type { ObjectChange } from '../kube/object-change.ts'
import type { AnyObject } from '../kube/objects.ts'
import type { Snapshot } from '../kube/snapshot.ts'
import { SnapshotKeeper } from '../kube/snapshot-keeper.ts'
import type { RoutingModel } from '../routing/model.ts'
import { type BackendOverride, findOverride, missingServices } from './backend-override.ts'
import { createGeneratedCertificates } from './generated-certificates.ts'
import { unknownLogVariables } from './log-variables.ts'
import { remarkSimulated } from './simulate/findings.ts'
import { planSimulatedPods } from './simulate/plan.ts'
import { Simulator } from './simulate/simulator.ts'

export interface DevModelOptions {
  readonly backends: readonly BackendOverride[]
  readonly simulates: boolean
}

export interface DevModelStep {
  readonly model: RoutingModel
  /** Of translating and of all checks. Takes its time: for after the model is served. */
  findings(): readonly (readonly Finding[])[]
  /** Ends what the model before needed and this one does not. Call it when this one is served. */
  settle(): Promise<void>
}

/** Says all that a translation takes besides the objects, the endpoints and the time. */
export type Choice = Omit<TranslateOptions, 'endpoints' | 'nowMs' | 'unknownLogVariables'>

export class DevModel {
  readonly #options: DevModelOptions
  readonly #keeper = new SnapshotKeeper()
  readonly #translator = new IncrementalTranslator()
  readonly #certificates = createGeneratedCertificates(Date.now)
  readonly #simulator = new Simulator()
  #checked: readonly Finding[] | null = null

  constructor(options: DevModelOptions) {
    this.#options = options
  }

  /** @param written as the files have them, each object once; those that did not change are the same as before */
  async next(written: readonly AnyObject[], choice: Choice): Promise<DevModelStep> {
    const { backends, simulates } = this.#options
    const missing = backends.length === 0 ? [] : missingServices(backends, written)
    const { snapshot, changes } = this.#keeper.update(missing.length === 0 ? written : [...written, ...missing])
    const pods = simulates ? planSimulatedPods(snapshot) : []
    const areEndpointsSame = await this.#simulator.start(pods)
    const { translation } = this.#translator.translate(
      snapshot,
      {
        ...choice,
        nowMs: Date.now(),
        unknownLogVariables,
        endpoints: {
          override: (service, port) => findOverride(backends, service, port),
          simulate: this.#simulator.simulate,
        },
      },
      changes,
      areEndpointsSame,
    )
    // Checks look at nothing that endpoints in the same slices could change.
    if (changes === null || !changes.every(isOfSameSlice)) this.#checked = null
    return {
      model: await this.#certificates.complete(translation),
      findings: () => [translation.findings, remarkSimulated(snapshot, pods), this.#check(snapshot)],
      settle: () => this.#simulator.stopOthers(),
    }
  }

  close(): Promise<void> {
    return this.#simulator.close()
  }

  #check(snapshot: Snapshot): readonly Finding[] {
    const { backends } = this.#options
    const given = new Set(backends.map(({ namespace, service }) => `Service ${namespace}/${service}`))
    this.#checked ??= [
      // Nobody looks for the pods of a Service that was given a backend.
      ...lint(snapshot).filter(({ code, origin }) => code !== 'SERVICE_SELECTS_NOTHING' || !given.has(origin.object)),
      // Of an ALB's habits this one is ours too.
      ...judgeAlbIngresses(snapshot, Date.now()).findings.filter(({ code }) => code === 'AWS_RULE_UNREACHABLE'),
    ]
    return this.#checked
  }
}

function isOfSameSlice({ before, after }: ObjectChange): boolean {
  return before !== undefined && after !== undefined && isOfEndpoints(after)
}
