/** From one document to one object: recognises apiVersion and kind, decodes, and never throws. */
import { FINDING_CODES, type FindingCode } from '../../base/finding-codes.ts'
import { isPlainMap, quote, report } from '../../base/decode.ts'
import type { DecodeLog, ListMove, MapField } from '../../base/decode.ts'
import type { Finding, Origin, Severity } from '../../base/finding.ts'
import { formatPath } from '../meta.ts'
import type { KubeObject, SourceMap } from '../meta.ts'
import type { AnyObject } from '../objects.ts'
import { isForeignRoute } from './foreign-routes.ts'
import { recognizeKind, type Recognition } from './api-versions.ts'
import { decodeConfigMap } from './config-map.ts'
import { decodeEndpointSlice } from './endpoint-slice.ts'
import { decodeEndpoints } from './endpoints.ts'
import { decodeIngressClass } from './ingress-class.ts'
import { decodeIngressClassParams } from './ingress-class-params.ts'
import { decodeIngress } from './ingress.ts'
import { decodeMeta } from './meta.ts'
import { decodeBGPAdvertisement, decodeL2Advertisement } from './metal-advertisements.ts'
import { decodeBGPPeer } from './metal-peer.ts'
import { decodeIPAddressPool } from './metal-pool.ts'
import { decodeBFDProfile, decodeCommunity } from './metal-profiles.ts'
import { decodeNode } from './node.ts'
import { decodePod } from './pod.ts'
import { ROOT_FIELDS } from './root-fields.ts'
import { decodeSecret } from './secret.ts'
import { decodeService } from './service.ts'
import { decodeTargetGroupBinding } from './target-group-binding.ts'
import { decodeWorkload } from './workload.ts'
import { toWrittenSource } from './written-source.ts'
import { closeMap } from '../../base/decode-list.ts'

export interface DecodedObject {
  /** `null` when nothing usable was written; `findings` then say why. */
  readonly object: AnyObject | null
  /** Further slices of one Endpoints whose subsets differ in ports; empty for every other kind. */
  readonly others: readonly AnyObject[]
  /** True when the kind is none that Genkan reads (KIND_UNKNOWN). */
  readonly isKeptAside: boolean
  readonly findings: readonly Finding[]
}

type Recognized = Extract<Recognition, { kind: 'read' }>

/**
 * Decodes one object of any kind and version.
 *
 * @param raw a parsed document, untrusted
 * @param source positions of the document when it came from a file
 * @param order position in the source, the tie-break between objects without a timestamp
 */
export function decodeObject(raw: unknown, source: SourceMap | undefined, order: number): DecodedObject {
  const log = createLog(raw, source)
  const nothing = (isKeptAside: boolean): DecodedObject => ({
    object: null,
    others: [],
    isKeptAside,
    findings: log.findings,
  })
  if (!isPlainMap(raw)) {
    push(log, 'DOCUMENT_NOT_OBJECT', 'Cannot read the document: it is not a map; write apiVersion, kind and metadata')
    return nothing(false)
  }
  const root: MapField = { fields: raw, path: [], log }
  const { apiVersion, kind } = raw
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || apiVersion === '' || kind === '') {
    const missing = typeof apiVersion !== 'string' || apiVersion === '' ? 'apiVersion' : 'kind'
    const example = missing === 'kind' ? 'kind: Ingress' : 'apiVersion: networking.k8s.io/v1'
    push(log, 'KIND_MISSING', `Cannot read the object: it has no ${missing}; write for example "${example}"`)
    return nothing(false)
  }
  const recognition = recognizeKind(apiVersion, kind)
  if (recognition.kind === 'aside') {
    reportAside(log, apiVersion, kind, recognition.meant)
    return nothing(true)
  }
  if (recognition.kind === 'version-unknown') {
    const state = `${recognition.name} has no version ${quote(apiVersion)}; write ${recognition.accepted[0] ?? ''}`
    report({ path: ['apiVersion'], log }, 'API_VERSION_UNKNOWN', state, { verb: 'use' })
    return nothing(false)
  }
  return decodeRecognized(root, recognition, source, order)
}

function decodeRecognized(
  root: MapField,
  recognition: Recognized,
  source: SourceMap | undefined,
  order: number,
): DecodedObject {
  const { log } = root
  const { removal, name } = recognition
  if (removal !== null) {
    const written = String(root.fields['apiVersion'])
    const message = `Cannot apply ${name} in ${written}: Kubernetes ${removal.release} removed it; write ${removal.replacement}`
    push(log, 'API_VERSION_REMOVED', message, ['apiVersion'])
  }
  const meta = decodeMeta(root, recognition.isNamespaced)
  if (meta === null) return { object: null, others: [], isKeptAside: false, findings: log.findings }
  const base = { meta, order, ...(source === undefined ? {} : { source }) }
  const decoded = decodeKind(root, base, recognition)
  const objects = decoded.map((object) =>
    source === undefined || log.moves.size === 0 ? object : { ...object, source: toWrittenSource(source, log.moves) },
  )
  const [object = null, ...others] = objects
  return { object, others, isKeptAside: false, findings: log.findings }
}

function decodeKind(root: MapField, base: Omit<KubeObject, 'kind'>, recognition: Recognized): readonly AnyObject[] {
  const isLegacy = recognition.removal !== null
  switch (recognition.name) {
    case 'Ingress':
      return [decodeIngress(root, base, isLegacy)]
    case 'IngressClass':
      return [decodeIngressClass(root, base)]
    case 'Service':
      return [decodeService(root, base)]
    case 'Endpoints':
      return decodeEndpoints(root, base)
    case 'EndpointSlice':
      return [decodeEndpointSlice(root, base)]
    case 'Secret':
      return [decodeSecret(root, base)]
    case 'ConfigMap':
      return [decodeConfigMap(root, base)]
    case 'Namespace':
      closeMap(root, ROOT_FIELDS)
      return [{ kind: 'Namespace', ...base }]
    case 'Pod':
      return [decodePod(root, base)]
    case 'Node':
      return [decodeNode(root, base)]
    case 'IngressClassParams':
      return [decodeIngressClassParams(root, base)]
    case 'TargetGroupBinding':
      return [decodeTargetGroupBinding(root, base)]
    case 'IPAddressPool':
      return [decodeIPAddressPool(root, base)]
    case 'L2Advertisement':
      return [decodeL2Advertisement(root, base)]
    case 'BGPAdvertisement':
      return [decodeBGPAdvertisement(root, base)]
    case 'BGPPeer':
      return [decodeBGPPeer(root, base)]
    case 'BFDProfile':
      return [decodeBFDProfile(root, base)]
    case 'Community':
      return [decodeCommunity(root, base)]
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
      return [decodeWorkload(root, base, recognition.name, isLegacy)]
  }
}

function reportAside(log: DecodeLog, apiVersion: string, kind: string, meant: string | null): void {
  if (isForeignRoute(apiVersion, kind)) {
    const state = `Genkan does not read ${kind} of ${apiVersion}, and serves none of its routes`
    push(log, 'KIND_UNKNOWN', `Cannot use the object: ${state}; write them as Ingress`, ['kind'], 'warning')
    return
  }
  const state = `Genkan does not read ${kind} of ${apiVersion}, it is kept aside`
  if (meant === null) push(log, 'KIND_UNKNOWN', `Cannot use the object: ${state}; nothing to do`, ['kind'])
  else push(log, 'KIND_UNKNOWN', `Cannot use the object: ${state}; did you mean ${meant}?`, ['kind'], 'warning')
}

function push(
  log: DecodeLog,
  code: FindingCode,
  message: string,
  path: readonly string[] = [],
  severity: Severity = FINDING_CODES[code].severity,
): void {
  log.findings.push({ code, severity, message, origin: log.origin(path, 'value') })
}

function createLog(raw: unknown, source: SourceMap | undefined): DecodeLog {
  const object = describeRaw(raw) ?? source?.file ?? 'document'
  return {
    findings: [],
    moves: new Map<string, ListMove>(),
    hidesValues: isPlainMap(raw) && raw['kind'] === 'Secret',
    wordAt: (path) => source?.wordAt?.(path),
    origin(path, at): Origin {
      const base = { object, path: formatPath(path) }
      if (source === undefined) return base
      return { ...base, file: source.file, ...(at === 'key' ? source.locateKey(path) : source.locate(path)) }
    },
  }
}

/** `Kind namespace/name` from an object not yet decoded; `undefined` when it does not say what it is. */
function describeRaw(raw: unknown): string | undefined {
  if (!isPlainMap(raw) || typeof raw['kind'] !== 'string' || raw['kind'] === '') return undefined
  const kind = raw['kind'].slice(0, 100)
  const metadata = isPlainMap(raw['metadata']) ? raw['metadata'] : {}
  const name = typeof metadata['name'] === 'string' ? metadata['name'].slice(0, 253) : ''
  if (name === '') return kind
  const apiVersion = typeof raw['apiVersion'] === 'string' ? raw['apiVersion'] : ''
  const recognition = recognizeKind(apiVersion, kind)
  const isClusterScoped = recognition.kind === 'read' && !recognition.isNamespaced
  const written = typeof metadata['namespace'] === 'string' ? metadata['namespace'].slice(0, 63) : ''
  const namespace = recognition.kind === 'aside' ? written : written === '' ? 'default' : written
  return isClusterScoped || namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`
}
