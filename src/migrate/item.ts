/** Makes items of a report and judges an object by them. */
import { shownValue } from './shown-value.ts'
import type { Finding, Origin } from '../base/finding.ts'
import type { Item, ItemKind, Replacement, Verdict } from './migration-report.ts'

interface ItemText {
  readonly value?: string
  readonly why?: string
  readonly replacements?: readonly Replacement[]
  readonly isBlocked?: boolean
}

export function itemOf(kind: ItemKind, subject: string, origin: Origin, text: ItemText = {}): Item {
  const { value = '', why = '', replacements = [], isBlocked = false } = text
  return { kind, subject, value: shownValue(value), why: toSentence(why), replacements, isBlocked, origin }
}

/** With a capital and a full stop; names that are written small stay so. */
function toSentence(text: string): string {
  if (text === '') return ''
  const begun = /^(?:ingress-nginx|genkan) /.test(text)
    ? text
    : text.replace(/^[a-z](?![\w-]*\.)/, (letter) => letter.toUpperCase())
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

export function verdictOf(items: readonly Item[]): Verdict {
  if (items.some((item) => item.kind === 'refused' && item.isBlocked)) return 'blocked'
  if (items.some((item) => item.kind === 'refused')) return 'edit'
  return items.some((item) => item.kind === 'differs') ? 'differences' : 'unchanged'
}

const ADVICE = /; remove it(?: to be rid of this remark)?$/

/** What a finding's message says behind `Cannot do this: `; the whole where it has no such beginning. */
export function reasonOf({ message }: Finding): string {
  return (/^Cannot .*?: ([^]+)$/.exec(message)?.[1] ?? message).replace(ADVICE, '')
}
