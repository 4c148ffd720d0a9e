/** Remarks on the annotations of one object: unknown, old, misplaced and unusable ones. */
import { editDistance, normalizeName } from '../../base/edit-distance.ts'
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf, originOfKey, type KubeObject } from '../../kube/meta.ts'
import { checkValue } from './check-value.ts'
import { isForeignPrefix, OTHER_BARE_NAMES, OTHER_CONTROLLERS } from './kubernetes.ts'
import { isProtective } from './nginx-legacy.ts'
import { findAnnotation, findRow, lookUp, vocabularyOf } from './registry.ts'
import { suggestForBareName, suggestName, suggestPrefix } from './suggest.ts'
import type { AnnotationRow, LegacyName, Vocabulary } from './vocabulary.ts'

/**
 * Raises ANNOTATION_UNKNOWN, ANNOTATION_LEGACY, ANNOTATION_MISPLACED, ANNOTATION_FOREIGN, and ANNOTATION_VALUE for the
 * vocabularies whose values nobody else judges (AWS, Contour, Kubernetes). At most one finding per annotation.
 * Annotations under prefixes of unrelated software pass in silence.
 */
export function checkAnnotations(object: KubeObject): readonly Finding[] {
  const findings: Finding[] = []
  for (const [name, value] of Object.entries(object.meta.annotations)) {
    const finding = checkAnnotation(object, name, value)
    if (finding !== null) findings.push(finding)
  }
  return findings
}

function checkAnnotation(object: KubeObject, fullName: string, value: string): Finding | null {
  const slash = fullName.indexOf('/')
  if (slash < 0) return checkBareName(object, fullName)
  const prefix = fullName.slice(0, slash)
  const name = fullName.slice(slash + 1)
  const vocabulary = vocabularyOf(`${prefix}/`)
  if (vocabulary === undefined) return checkPrefix(object, prefix, name)
  const row = findRow(vocabulary, name)
  if (row !== undefined) return checkRow(object, fullName, value, row, vocabulary)
  const legacy = Object.hasOwn(vocabulary.legacy ?? {}, name) ? vocabulary.legacy?.[name] : undefined
  if (legacy !== undefined) return checkLegacy(object, fullName, value, legacy)
  const removed = lookUp(vocabulary.removed, name)
  if (removed !== undefined) {
    const message = `Cannot use annotation ${fullName}: ${vocabulary.controller} no longer reads it; ${removed}`
    return onKey(object, 'ANNOTATION_LEGACY', fullName, message, 'warning')
  }
  const today = lookUp(vocabulary.aliases, name)
  if (today !== undefined) return checkAlias(object, fullName, value, today, vocabulary)
  return checkUnlisted(object, fullName, name, vocabulary)
}

function checkRow(
  object: KubeObject,
  fullName: string,
  value: string,
  row: AnnotationRow,
  vocabulary: Vocabulary,
): Finding | null {
  if (!(row.on as readonly string[]).includes(object.kind)) {
    const places = row.on.join(' or ')
    const message = `Cannot use annotation ${fullName} on ${withArticle(object.kind)}: it is read on ${places} only; move it there`
    return onKey(object, 'ANNOTATION_MISPLACED', fullName, message)
  }
  if (vocabulary.areValuesJudgedElsewhere) return null
  const problem = checkValue(row.value, value.trim())
  if (problem === null) return null
  const origin = originOf(object, 'metadata', 'annotations', fullName)
  return remark('ANNOTATION_VALUE', origin, `Cannot use annotation ${fullName}: ${problem}`)
}

function checkLegacy(object: KubeObject, fullName: string, value: string, legacy: LegacyName): Finding {
  const problem = checkValue(legacy.value, value.trim())
  if (problem !== null) {
    const message = `Cannot use annotation ${fullName}: ${problem}; ${legacy.instead}`
    return remark('ANNOTATION_VALUE', originOf(object, 'metadata', 'annotations', fullName), message)
  }
  const message = `Annotation ${fullName} is an old one that is still read; ${legacy.instead}`
  return onKey(object, 'ANNOTATION_LEGACY', fullName, message)
}

/** An old name that is still read is worth a note, one that is not (an old prefix) a warning. */
function checkAlias(
  object: KubeObject,
  fullName: string,
  value: string,
  today: string,
  vocabulary: Vocabulary,
): Finding | null {
  const row = findAnnotation(today)
  if (row !== undefined) {
    const finding = checkRow(object, fullName, value, row, vocabulary)
    if (finding !== null) return finding
  }
  if (today.startsWith(vocabulary.prefix)) {
    const message = `Annotation ${fullName} is an old spelling that is still read; write ${today}`
    return onKey(object, 'ANNOTATION_LEGACY', fullName, message)
  }
  const name = fullName.slice(fullName.indexOf('/') + 1)
  const effect = isProtective(name) ? ', so that its routes are served without it' : ''
  const message = `Cannot use annotation ${fullName}: the prefix is that of ${vocabulary.controller} and no longer read${effect}; write ${today}`
  return onKey(object, 'ANNOTATION_LEGACY', fullName, message, 'warning')
}

function checkUnlisted(object: KubeObject, fullName: string, name: string, vocabulary: Vocabulary): Finding | null {
  const meant = lookUp(vocabulary.mistakes ?? {}, name)
  if (meant !== undefined) {
    const message = `Cannot use annotation ${fullName}: no controller reads this name; ${meant}`
    return onKey(object, 'ANNOTATION_UNKNOWN', fullName, message)
  }
  const suggestion = suggestName(vocabulary, name)
  const { strict } = vocabulary
  if (strict !== 'all') {
    if (strict === 'close' && suggestion === null) return null
    if (strict !== 'close' && !name.startsWith(strict.beginsWith) && !isVeryNear(fullName, suggestion)) return null
  }
  const hint = suggestion === null ? 'remove it or check its spelling' : `did you mean ${suggestion}`
  const message = `Cannot use annotation ${fullName}: no controller reads this name; ${hint}`
  return onKey(object, 'ANNOTATION_UNKNOWN', fullName, message)
}

function checkPrefix(object: KubeObject, prefix: string, name: string): Finding | null {
  if (isForeignPrefix(prefix)) return null
  const fullName = `${prefix}/${name}`
  const owner = lookUp(OTHER_CONTROLLERS, prefix)
  if (owner !== undefined) {
    return onKey(object, 'ANNOTATION_FOREIGN', fullName, describeForeign(fullName, owner))
  }
  const suggestion = suggestPrefix(prefix, name)
  if (suggestion === null) return null
  const message = `Cannot use annotation ${fullName}: no controller reads the prefix ${prefix}/; did you mean ${suggestion}`
  return onKey(object, 'ANNOTATION_UNKNOWN', fullName, message)
}

function checkBareName(object: KubeObject, name: string): Finding | null {
  if (object.kind !== 'Ingress' && object.kind !== 'Service') return null
  const owner = Object.entries(OTHER_BARE_NAMES).find(([begin]) => name.startsWith(begin))?.[1]
  if (owner !== undefined) return onKey(object, 'ANNOTATION_FOREIGN', name, describeForeign(name, owner))
  const suggestion = suggestForBareName(name)
  if (suggestion === null) return null
  const message = `Cannot use annotation ${name}: no controller reads it without a prefix; did you mean ${suggestion}`
  return onKey(object, 'ANNOTATION_UNKNOWN', name, message)
}

function describeForeign(name: string, owner: string): string {
  return `Annotation ${name} belongs to ${owner} and has no effect here; remove it or write the equal of a controller that Genkan reads`
}

function withArticle(kind: string): string {
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`
}

function isVeryNear(fullName: string, suggestion: string | null): boolean {
  return suggestion !== null && editDistance(normalizeName(fullName), normalizeName(suggestion), 2) <= 2
}

function onKey(
  object: KubeObject,
  code: 'ANNOTATION_UNKNOWN' | 'ANNOTATION_LEGACY' | 'ANNOTATION_MISPLACED' | 'ANNOTATION_FOREIGN',
  fullName: string,
  message: string,
  severity?: 'warning',
): Finding {
  return remark(code, originOfKey(object, 'metadata', 'annotations', fullName), message, severity)
}
