/** Manifests in, routing model out, with nothing started: what `lint`, `routes` and `explain` work on. */
import type { Finding } from '../base/finding.ts'
import { translate } from '../dialects/translate.ts'
import type { EndpointSource, TranslateOptions, Translation } from '../dialects/translation.ts'
import { createSnapshot, type Snapshot } from '../kube/snapshot.ts'
import type { Endpoint } from '../routing/model.ts'
import { type Manifests, readManifests } from '../sources/files/read-manifests.ts'
import { unknownLogVariables } from './log-variables.ts'
import { hasTargetPort, planSimulatedPods } from './simulate/plan.ts'

export interface OfflineOptions extends Pick<TranslateOptions, 'tcpServices' | 'udpServices' | 'enablesPassthrough'> {
  readonly classes: readonly string[]
  readonly configMap: string
  readonly defaultBackendService: string
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

export interface OfflineTranslation {
  readonly manifests: Manifests
  readonly snapshot: Snapshot
  readonly translation: Translation
  /** Of reading and of translating, in no order. */
  readonly findings: readonly Finding[]
}

/** @param paths files, folders, or `-` */
export async function translateManifests(
  paths: readonly string[],
  options: OfflineOptions,
): Promise<OfflineTranslation> {
  const manifests = await readManifests(paths)
  const snapshot = createSnapshot(manifests.objects)
  const translation = translate(snapshot, { ...options, endpoints: unstartedPods(snapshot), unknownLogVariables })
  return { manifests, snapshot, translation, findings: [...manifests.findings, ...translation.findings] }
}

/** Endpoints of the pods that `dev` would simulate; they have no address yet. */
function unstartedPods(snapshot: Snapshot): EndpointSource {
  const byService = new Map<string, ReturnType<typeof planSimulatedPods>[number][]>()
  for (const pod of planSimulatedPods(snapshot)) {
    const key = `${pod.namespace}/${pod.service}`
    const list = byService.get(key)
    if (list === undefined) byService.set(key, [pod])
    else list.push(pod)
  }
  return {
    override: () => null,
    simulate: (service, port) => {
      const pods = byService.get(`${service.meta.namespace}/${service.meta.name}`)
      if (pods === undefined) return null
      const number = typeof port.targetPort === 'number' ? port.targetPort : port.port
      return pods
        .filter((pod) => hasTargetPort(pod.template, port))
        .map((pod): Endpoint => ({ address: '', port: number, pod: pod.pod }))
    },
  }
}
