/**
 * Whether an Ingress may be stored: not if `lint` calls something in it an error. Only what is new is judged, so that nobody
 * who has a bad object is locked out of mending it in steps. What the object refers to may come after it: a Service that
 * is not there yet is a warning.
 */
import { isDeepStrictEqual } from 'node:util'
import type { FindingCode } from '../../base/finding-codes.ts'
import type { Finding } from '../../base/finding.ts'
import { lint } from '../../dialects/lint/lint.ts'
import { mergeFindings } from '../../dialects/lint/merge-findings.ts'
import { translate } from '../../dialects/translate.ts'
import type { TranslateOptions } from '../../dialects/translation.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import { describeObject } from '../../kube/meta.ts'
import type { AnyObject, Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { trackReferences } from '../../kube/tracked-snapshot.ts'
import { type AdmissionRequest, ALLOWED, fieldOf, type Verdict } from './admission-review.ts'

export interface AdmissionView {
  /** The Ingress with those that share its hosts, and everything else by look-up. */
  around(ingress: Ingress): Snapshot
  options(): TranslateOptions
  /** Whether Ingresses of this namespace can be ours. */
  watches(namespace: string): boolean
  /** Reads one object that is not followed; `undefined` when it is not there. */
  read(kind: 'Secret' | 'ConfigMap', namespace: string, name: string): Promise<AnyObject | undefined>
}

const KIND = 'networking.k8s.io/v1/Ingress'
/** Warnings to `lint`, which knows what was there first; here the other one is stored already. */
const REFUSED: ReadonlySet<FindingCode> = new Set(['PATH_CONFLICT'])
/** What is missing may be the next object of the same `kubectl apply`. */
const MAY_COME: ReadonlySet<FindingCode> = new Set(['SERVICE_NOT_FOUND'])
/** References that are read for one answer. */
const MOST_READ = 16

/** Never changes what is served. @throws whatever translating throws, which is an internal fault */
export async function judgeIngress(request: AdmissionRequest, view: AdmissionView): Promise<Verdict> {
  const { operation, kind, object, oldObject } = request
  if (kind !== KIND || (operation !== 'CREATE' && operation !== 'UPDATE')) return ALLOWED
  if (!view.watches(request.namespace)) return ALLOWED
  if (fieldOf(fieldOf(object, 'metadata'), 'deletionTimestamp') !== undefined) return ALLOWED
  if (operation === 'UPDATE' && isDeepStrictEqual(judgedPart(object), judgedPart(oldObject))) return ALLOWED
  const found = await findingsOf(object, view)
  const isBad = ({ code, severity }: Finding): boolean =>
    REFUSED.has(code) || (severity === 'error' && !MAY_COME.has(code))
  const bad = found.filter(isBad)
  const known = bad.length === 0 || operation === 'CREATE' ? [] : (await findingsOf(oldObject, view)).filter(isBad)
  const knownTexts = new Set(known.map(textOf))
  const fresh = bad.filter((finding) => !knownTexts.has(textOf(finding)))
  const warnings = found.filter(
    (finding) => !fresh.includes(finding) && (finding.severity !== 'info' || isBad(finding)),
  )
  return { message: fresh.map(({ message }) => message).join('\n'), warnings: warnings.map(({ message }) => message) }
}

/** Of this object alone; none when it is not ours. */
async function findingsOf(raw: unknown, view: AdmissionView): Promise<readonly Finding[]> {
  const { object, findings } = decodeObject(raw, undefined, Number.MAX_SAFE_INTEGER)
  if (object?.kind !== 'Ingress') return []
  // Who is stored already has a path first.
  const ingress: Ingress = { ...object, meta: { ...object.meta, creationTimestamp: '' } }
  const snapshot = view.around(ingress)
  const read = new Map<string, AnyObject | undefined>()
  for (;;) {
    const tracked = trackReferences(withObjects(snapshot, read))
    const translation = translate(tracked.snapshot, view.options())
    if (!translation.served.includes(ingress)) return []
    const missing = [
      ...[...tracked.secrets]
        .filter((key) => snapshot.secret(...namesOf(key)) === undefined)
        .map((key) => `Secret/${key}`),
      ...[...tracked.configMaps]
        .filter((key) => snapshot.configMap(...namesOf(key)) === undefined)
        .map((key) => `ConfigMap/${key}`),
    ].filter((key) => !read.has(key))
    if (missing.length === 0 || read.size + missing.length > MOST_READ) {
      const name = describeObject(ingress)
      const all = mergeFindings([...findings, ...translation.findings], lint(tracked.snapshot))
      return all.filter(({ origin }) => origin.object === name)
    }
    await Promise.all(
      missing.map(async (key) => {
        const [kind, namespace = '', objectName = ''] = key.split('/')
        read.set(key, await view.read(kind === 'Secret' ? 'Secret' : 'ConfigMap', namespace, objectName))
      }),
    )
  }
}

function withObjects(snapshot: Snapshot, read: ReadonlyMap<string, AnyObject | undefined>): Snapshot {
  return {
    ...snapshot,
    secret(namespace, name) {
      const found = snapshot.secret(namespace, name) ?? read.get(`Secret/${namespace}/${name}`)
      return found?.kind === 'Secret' ? found : undefined
    },
    configMap(namespace, name) {
      const found = snapshot.configMap(namespace, name) ?? read.get(`ConfigMap/${namespace}/${name}`)
      return found?.kind === 'ConfigMap' ? found : undefined
    },
  }
}

function judgedPart(raw: unknown): readonly unknown[] {
  return [fieldOf(raw, 'spec'), fieldOf(fieldOf(raw, 'metadata'), 'annotations') ?? {}]
}

function textOf({ code, message, origin }: Finding): string {
  return `${code}\0${origin.path}\0${message}`
}

function namesOf(key: string): [string, string] {
  const slash = key.indexOf('/')
  return [key.slice(0, slash), key.slice(slash + 1)]
}
