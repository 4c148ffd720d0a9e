/** What becomes of the annotations of one Ingress, from the registry and from what translating it found. */
import type { Finding } from '../base/finding.ts'
import { originOfKey } from '../kube/meta.ts'
import type { Ingress } from '../kube/objects.ts'
import { findNginxRow, NGINX } from '../dialects/annotations/nginx.ts'
import type { RegistryRow } from '../dialects/annotations/nginx/annotation-row.ts'
import { isProtective, NGINX_PREFIXES } from '../dialects/annotations/nginx-legacy.ts'
import { lookUp } from '../dialects/annotations/registry.ts'
import { annotationsOf, replacementsForSnippet } from '../dialects/nginx/snippet-replacements.ts'
import type { FindingsByPlace } from './findings-by-place.ts'
import { itemOf, reasonOf } from './item.ts'
import { isNotYet, judgeFinding } from './judge-finding.ts'
import type { Item, Replacement } from './migration-report.ts'

export const NEVER_EXECUTED = 'Configuration text is never executed.'
const CLOSED = 'It asks for protection, so its routes answer 503 until it is gone.'

/** @param prefix of the controller's annotations, with the slash */
export function annotationItems(ingress: Ingress, prefix: string, findings: FindingsByPlace): readonly Item[] {
  return Object.entries(ingress.meta.annotations)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([fullName, value]) => {
      if (!fullName.startsWith(prefix)) return oldItem(ingress, fullName, value)
      const about = findings.at(ingress, 'metadata', 'annotations', fullName)
      return [annotationItem(ingress, fullName, fullName.slice(prefix.length), value, about)]
    })
}

/** Under the prefix of before 0.9, which looks as if it were read. */
function oldItem(ingress: Ingress, fullName: string, value: string): readonly Item[] {
  const { legacy } = NGINX_PREFIXES
  const name = fullName.slice(legacy.length)
  if (!fullName.startsWith(legacy) || findNginxRow(name) === undefined) return []
  const origin = originOfKey(ingress, 'metadata', 'annotations', fullName)
  const state = isProtective(name) ? '; its routes are served without it under both' : ''
  const why = `ingress-nginx reads this prefix no longer, since 0.9${state}; write ${NGINX_PREFIXES.today}${name} if it is meant`
  return [itemOf('idle', fullName, origin, { value, why })]
}

function annotationItem(
  ingress: Ingress,
  fullName: string,
  name: string,
  value: string,
  findings: readonly Finding[],
): Item {
  const origin = originOfKey(ingress, 'metadata', 'annotations', fullName)
  const row = findNginxRow(name)
  if (row === undefined) return itemOf('idle', fullName, origin, { value, why: whyUnread(name) })
  const judged = findings.map((finding) => ({ finding, kind: judgeFinding(finding) }))
  const refusal = judged.find(({ kind }) => kind === 'refused')
  if (row.value.kind === 'snippet') {
    return itemOf('refused', fullName, origin, {
      value,
      why: refusal?.finding.code === 'ANNOTATION_PROTECTS' ? `${NEVER_EXECUTED} ${CLOSED}` : NEVER_EXECUTED,
      replacements: replacementsOf(value),
    })
  }
  if (refusal !== undefined) {
    const { why, replacements } = splitAdvice(row.support === 'refused' ? row.note : reasonOf(refusal.finding))
    return itemOf('refused', fullName, origin, { value, why, replacements, isBlocked: isNotYet(refusal.finding) })
  }
  for (const kind of ['absent', 'differs', 'idle'] as const) {
    const found = judged.find((one) => one.kind === kind)
    if (found !== undefined) return itemOf(kind, fullName, origin, { value, why: reasonOf(found.finding) })
  }
  if (row.support === 'accepted') return itemOf('idle', fullName, origin, { value, why: row.idle })
  return differsFor(row, value)
    ? itemOf('differs', fullName, origin, { value, why: row.differs })
    : itemOf('same', fullName, origin, { value })
}

/** An annotation that a reason ends with the advice to write. */
function splitAdvice(reason: string): { readonly why: string; readonly replacements: readonly Replacement[] } {
  const [, why = reason, name, value = ''] = /^([^]*); [^;]*?write (genkan\.dev\/[\w-]+): "([^"]*)"$/.exec(reason) ?? []
  return name === undefined ? { why: reason, replacements: [] } : { why, replacements: [{ name, value, note: '' }] }
}

function differsFor({ differs, differsWhen }: RegistryRow, value: string): boolean {
  if (differs === '' || differsWhen === 'remarked') return false
  return differsWhen === undefined || differsWhen.test(value.trim())
}

function whyUnread(name: string): string {
  const advice = lookUp(NGINX.removed, name)
  return advice === undefined
    ? 'ingress-nginx does not read it either; check its spelling'
    : `ingress-nginx v1.15 does not read it either; ${advice}`
}

/** What the typed annotations are, then what each directive without one is about. */
export function replacementsOf(snippet: string): readonly Replacement[] {
  const found = replacementsForSnippet(snippet)
  const typed = annotationsOf(found).map(({ name, value }) => ({ name, value, note: '' }))
  const notes = found
    .filter(({ annotation, note }) => annotation === undefined || note !== '')
    .map(({ line, directive, note }) => ({
      name: '',
      value: '',
      note: `line ${line}${directive === '' ? '' : `, ${directive}`}: ${note}`,
    }))
  return [...typed, ...notes]
}
