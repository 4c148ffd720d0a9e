/** What a person is told who wrote a snippet: that it is refused, and what to write instead. */
import { describeObject, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Report } from '../report.ts'
import { isProtectionReplaced, protectionInSnippet } from './snippet-protections.ts'
import { annotationsOf, replacementsForSnippet } from './snippet-replacements.ts'

/** More would not be read; `genkan migrate --report` prints all. */
const MOST_SHOWN = 6
const LONGEST_SHOWN = 300

/**
 * Remarks on a snippet of an Ingress.
 *
 * @param name full name of the annotation
 * @returns true when its routes must be closed for want of a protection that the snippet asked for
 */
export function remarkSnippet(ingress: Ingress, name: string, text: string, report: Report): boolean {
  const { annotations } = ingress.meta
  const origin = originOfKey(ingress, 'metadata', 'annotations', name)
  const protection = protectionInSnippet(text)
  const isOpen = protection === null || isProtectionReplaced(text, annotations)
  const advice = adviceFor(text, annotations)
  const isHostWide = name.endsWith('/server-snippet')
  if (isOpen) {
    const message = `Cannot use ${name}: configuration text is never executed; ${advice}`
    report('ANNOTATION_REFUSED', message, origin)
    return false
  }
  report(
    'ANNOTATION_PROTECTS',
    `Cannot protect the routes of ${describeObject(ingress)} with ${name}: configuration text is never executed, and ` +
      `"${toPlain(protection)}" means protection, so ${isHostWide ? 'all routes of its hosts' : 'they'} answer 503; ` +
      `${advice}${isHostWide ? ', on every Ingress of the hosts' : ''}`,
    origin,
  )
  return true
}

function adviceFor(text: string, annotations: Readonly<Record<string, string>>): string {
  const replacements = replacementsForSnippet(text)
  const wanted = annotationsOf(replacements).filter(({ name, value }) => annotations[name]?.trim() !== value)
  const words = wanted.map(({ name, value }, index) => {
    return `${index === 0 ? 'write instead ' : ''}${name}: ${JSON.stringify(value)}`
  })
  for (const { line, directive, annotation, note } of replacements) {
    if (annotation === undefined) words.push(`line ${line}${directive === '' ? '' : `, ${directive}`}: ${note}`)
  }
  if (words.length === 0) return 'remove it'
  const shown = words.slice(0, MOST_SHOWN).map(toPlain).join('; ')
  return words.length > MOST_SHOWN ? `${shown}; and ${words.length - MOST_SHOWN} more` : shown
}

/** On one line of bounded length, whatever the snippet holds. */
function toPlain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what must not come out
  const plain = text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '?')
  return plain.length > LONGEST_SHOWN ? `${plain.slice(0, LONGEST_SHOWN - 3)}...` : plain
}
