/**
 * Whether an object of MetalLB's kinds may be stored: not if it brings a mistake into the configuration as a whole, at itself or
 * at another object. What was wrong before does not count, so that mistakes can be mended in any order, and what an object
 * names may come after it.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../../base/finding.ts'
import { readMetalConfig } from '../../dialects/metal/read-metal-config.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import { describeObject } from '../../kube/meta.ts'
import type { AnyObject } from '../../kube/objects.ts'
import { createSnapshot } from '../../kube/snapshot.ts'
import { type AdmissionRequest, ALLOWED, fieldOf, type Verdict } from './admission-review.ts'
import { createPlaceholders } from './metal-placeholders.ts'

export interface MetalAdmissionView {
  /** The one whose objects are read. */
  readonly namespace: string
  /** MetalLB's objects and ConfigMaps in it, as they are stored now. */
  read(): Promise<readonly AnyObject[]>
}

const GROUP = 'metallb.io'
const KINDS: ReadonlySet<string> = new Set([
  'IPAddressPool',
  'L2Advertisement',
  'BGPAdvertisement',
  'BGPPeer',
  'BFDProfile',
  'Community',
])
/** Named in one answer. */
const MOST_USERS = 3

/** @throws whatever reading the configuration throws */
export async function judgeMetal(request: AdmissionRequest, view: MetalAdmissionView): Promise<Verdict> {
  const { operation, object, oldObject } = request
  const [group, , kind = ''] = request.kind.split('/')
  if (group !== GROUP || !KINDS.has(kind)) return ALLOWED
  const isHere = request.namespace === view.namespace
  if (operation === 'DELETE') return kind === 'BFDProfile' && isHere ? await judgeDelete(oldObject, view) : ALLOWED
  if (operation !== 'CREATE' && operation !== 'UPDATE') return ALLOWED
  if (fieldOf(fieldOf(object, 'metadata'), 'deletionTimestamp') !== undefined) return ALLOWED
  if (!isHere) return judgePlace(request, kind, view)
  if (operation === 'UPDATE' && isDeepStrictEqual(judgedPart(object), judgedPart(oldObject))) return ALLOWED
  const decoded = decodeObject(object, undefined, Number.MAX_SAFE_INTEGER)
  if (decoded.object === null) return ALLOWED
  return judgeChange(decoded.object, request, await view.read(), view.namespace)
}

function judgeChange(
  object: AnyObject,
  { object: raw, oldObject, operation }: AdmissionRequest,
  stored: readonly AnyObject[],
  namespace: string,
): Verdict {
  const name = describeObject(object)
  const others = stored.filter((one) => describeObject(one) !== name)
  const findingsWith = (one: unknown): readonly Finding[] => {
    const decoded = decodeObject(one, undefined, Number.MAX_SAFE_INTEGER)
    const objects = decoded.object === null ? others : [...others, decoded.object]
    return [...decoded.findings, ...findingsOf(objects, namespace)]
  }
  const after = findingsWith(raw)
  const before = operation === 'UPDATE' ? findingsWith(oldObject) : []
  const without = findingsOf(others, namespace)
  const known = new Set([...before.map(textOf), ...[...before, ...without].map(placeOf)])
  const isOwn = ({ origin }: Finding): boolean => origin.object === name
  const isBad = ({ severity, absent }: Finding): boolean => severity === 'error' && absent === undefined
  // An object's own mistake may become another one; those of others count if they are not wrong anyway.
  const fresh = after.filter((one) => isBad(one) && !known.has(isOwn(one) ? textOf(one) : placeOf(one)))
  const remarks = after.filter((one) => isOwn(one) && !fresh.includes(one) && isWorthSaying(one))
  return {
    message: fresh.map((one) => (isOwn(one) ? one.message : `${one.origin.object}: ${one.message}`)).join('\n'),
    warnings: remarks.map(({ message }) => message),
  }
}

/** With the names that nobody has defined yet as if somebody had; that they are not is a finding with `absent`. */
function findingsOf(objects: readonly AnyObject[], namespace: string): readonly Finding[] {
  const { findings } = readMetalConfig(createSnapshot(objects), { namespace })
  const dangling = findings.filter(({ absent }) => absent !== undefined)
  const placeholders = createPlaceholders(dangling.flatMap(({ absent = '' }) => absent))
  if (placeholders.length === 0) return findings
  const whole = readMetalConfig(createSnapshot([...objects, ...placeholders]), { namespace })
  return [...dangling, ...whole.findings.filter(({ absent }) => absent === undefined)]
}

function judgePlace({ object, operation }: AdmissionRequest, kind: string, { namespace }: MetalAdmissionView): Verdict {
  const metadata = fieldOf(object, 'metadata')
  const name = `${kind} ${String(fieldOf(metadata, 'namespace'))}/${String(fieldOf(metadata, 'name'))}`
  const message = `Cannot use ${name}: it would not be read; objects of this kind are read in ${namespace} alone`
  // One that is there from before may still be given labels.
  return operation === 'CREATE' ? { message, warnings: [] } : { message: '', warnings: [message] }
}

async function judgeDelete(raw: unknown, view: MetalAdmissionView): Promise<Verdict> {
  const { namespace } = view
  const profile = String(fieldOf(fieldOf(raw, 'metadata'), 'name'))
  const snapshot = createSnapshot(await view.read())
  const written = snapshot.metal.peers.filter(
    ({ spec, meta }) => spec.bfdProfile === profile && meta.deletionTimestamp === undefined,
  )
  const legacy = readMetalConfig(snapshot, { namespace }).config.peers.filter(
    ({ bfdProfile, origin }) => bfdProfile === profile && origin.object.startsWith('ConfigMap '),
  )
  const users = [...written.map(describeObject), ...new Set(legacy.map(({ origin }) => origin.object))]
  if (users.length === 0) return ALLOWED
  const some = users.slice(0, MOST_USERS).join(', ')
  const rest = users.length > MOST_USERS ? ` and ${users.length - MOST_USERS} more` : ''
  const state = `${some}${rest} ${users.length === 1 ? 'uses' : 'use'} it; take bfdProfile out of there first`
  return { message: `Cannot delete BFDProfile ${namespace}/${profile}: ${state}`, warnings: [] }
}

/** Labels of pools are selected by, and an annotation of a peer counts. */
function judgedPart(raw: unknown): readonly unknown[] {
  const metadata = fieldOf(raw, 'metadata')
  return [fieldOf(raw, 'spec'), fieldOf(metadata, 'labels') ?? {}, fieldOf(metadata, 'annotations') ?? {}]
}

/** Nobody here reads Secrets. */
function isWorthSaying({ severity, absent = '' }: Finding): boolean {
  return severity !== 'info' && !absent.startsWith('Secret ')
}

/** Without the positions in lists, which change when another entry goes. */
function textOf(finding: Finding): string {
  return `${placeOf(finding)}\0${withoutIndices(finding.message)}`
}

function placeOf({ code, origin }: Finding): string {
  return `${code}\0${origin.object}\0${withoutIndices(origin.path)}`
}

function withoutIndices(text: string): string {
  return text.replaceAll(/\[\d+\]/g, '[]')
}
