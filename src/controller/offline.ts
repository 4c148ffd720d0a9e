/** Objects in, routing model out, with nothing started: what `lint`, `routes`, `explain` and `migrate` work on. */
import type { Finding } from '../base/finding.ts'
import { withAlbJudgement } from '../dialects/lint/alb-judgement.ts'
import { readMetalConfig } from '../dialects/metal/read-metal-config.ts'
import { translate } from '../dialects/translate.ts'
import type { EndpointSource, TranslateOptions, Translation } from '../dialects/translation.ts'
import { createSnapshot, type Snapshot } from '../kube/snapshot.ts'
import type { Endpoint } from '../routing/model.ts'
import { trackReferences } from '../kube/tracked-snapshot.ts'
import type { ClusterReading } from '../sources/cluster/read-once.ts'
import { type ManifestFile, readManifests } from '../sources/files/read-manifests.ts'
import { unknownLogVariables } from './log-variables.ts'
import { hasTargetPort, planSimulatedPods } from './simulate/plan.ts'
import { remarkUnreadKinds, withoutFalseAbsence } from './unread.ts'

/** Where objects come from: files, or a cluster, never both. */
export type OfflineSource =
  | {
      readonly kind: 'files'
      /** Files, folders, or `-`. */
      readonly paths: readonly string[]
    }
  | { readonly kind: 'cluster'; readonly reading: ClusterReading }

export interface OfflineOptions extends Pick<TranslateOptions, 'tcpServices' | 'udpServices' | 'enablesPassthrough'> {
  readonly classes: readonly string[]
  readonly configMap: string
  readonly defaultBackendService: string
  /** Milliseconds since the epoch. */
  readonly nowMs: number
  /** Ingresses of load balancers of AWS are judged as what they become there, and not by what our proxy makes of them. */
  readonly judgesAlbs?: boolean
}

export interface OfflineTranslation {
  readonly snapshot: Snapshot
  readonly translation: Translation
  /** Of reading and of translating, in no order. */
  readonly findings: readonly Finding[]
  /** Kinds that could not be read from a cluster; they are among the findings too. */
  readonly unread: readonly Finding[]
  /** Empty for a cluster. */
  readonly files: readonly ManifestFile[]
  /** Corrects findings of further checks by what could not be read. */
  correct(findings: readonly Finding[]): readonly Finding[]
}

export async function translateSource(source: OfflineSource, options: OfflineOptions): Promise<OfflineTranslation> {
  return source.kind === 'files'
    ? await translateManifests(source.paths, options)
    : await translateCluster(source.reading, options)
}

async function translateManifests(paths: readonly string[], options: OfflineOptions): Promise<OfflineTranslation> {
  const manifests = await readManifests(paths)
  const snapshot = createSnapshot(manifests.objects)
  const { translation, findings } = judge(snapshot, { ...options, endpoints: unstartedPods(snapshot) })
  return {
    snapshot,
    translation,
    findings: [...manifests.findings, ...findings],
    unread: [],
    files: manifests.files,
    correct: (findings) => findings,
  }
}

function judge(
  snapshot: Snapshot,
  options: OfflineOptions & Pick<TranslateOptions, 'endpoints'>,
): { readonly translation: Translation; readonly findings: readonly Finding[] } {
  const translation = translate(snapshot, { ...options, unknownLogVariables })
  const findings =
    options.judgesAlbs === true ? withAlbJudgement(translation.findings, snapshot, options.nowMs) : translation.findings
  return { translation, findings }
}

/** Translates, reads what that asked for and was not there, and translates again, until nothing is missing. */
async function translateCluster(reading: ClusterReading, options: OfflineOptions): Promise<OfflineTranslation> {
  for (;;) {
    const snapshot = createSnapshot(reading.objects)
    const tracked = trackReferences(snapshot)
    const services = new Set<string>()
    const asked: Snapshot = {
      ...tracked.snapshot,
      service(namespace, name) {
        services.add(`${namespace}/${name}`)
        return snapshot.service(namespace, name)
      },
    }
    // Endpoints are the real ones; where they may not be read, the pods that the workloads ask for stand for them.
    const endpoints = reading.isListed('EndpointSlice') ? NO_ENDPOINTS : unstartedPods(snapshot)
    const { translation, findings } = judge(asked, { ...options, endpoints })
    if (hasMetal(snapshot)) readMetalConfig(asked, { namespace: '' })
    if (!(await reading.fetch({ secrets: tracked.secrets, configMaps: tracked.configMaps, services }))) continue
    const unread = remarkUnreadKinds(reading)
    return {
      snapshot,
      translation,
      findings: [...unread, ...withoutFalseAbsence([...reading.findings, ...findings], reading)],
      unread,
      files: [],
      correct: (findings) => withoutFalseAbsence(findings, reading),
    }
  }
}

/** The older configuration of MetalLB and passwords of its peers are read where there is something of MetalLB. */
function hasMetal({ metal, namespaces }: Snapshot): boolean {
  return (
    Object.values(metal).some((objects) => objects.length > 0) ||
    namespaces.some(({ meta }) => meta.name === 'metallb-system')
  )
}

const NO_ENDPOINTS: EndpointSource = { override: () => null, simulate: () => null }

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
