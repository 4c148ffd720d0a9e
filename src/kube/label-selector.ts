/** Label selectors as text (Kubernetes: "Labels and Selectors"): `a=b,c!=d,e in (x, y),f notin (z),g,!h`. */

import type { LabelSelectorSpec } from './objects.ts'

export type Labels = Readonly<Record<string, string>>

export interface LabelSelector {
  matches(labels: Labels): boolean
}

const NAME = String.raw`[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?`
const VALUE = String.raw`[\w.-]*`
const SET = new RegExp(String.raw`^(${NAME})\s+(in|notin)\s*\(([^()]*)\)$`)
const EQUALITY = new RegExp(String.raw`^(${NAME})\s*(=|==|!=)\s*(${VALUE})$`)
const EXISTENCE = new RegExp(String.raw`^(!?)\s*(${NAME})$`)
const WHOLE_VALUE = new RegExp(`^${VALUE}$`)

/** @returns `null` when the text is no selector; an empty one matches everything */
export function parseLabelSelector(text: string): LabelSelector | null {
  if (text.trim() === '') return { matches: () => true }
  const requirements = splitOutsideParentheses(text).map((part) => parseRequirement(part.trim()))
  if (requirements.includes(null)) return null
  return { matches: (labels) => requirements.every((holds) => holds?.(labels)) }
}

type Requirement = (labels: Labels) => boolean

function parseRequirement(text: string): Requirement | null {
  const set = SET.exec(text)
  if (set !== null) {
    const [, name = '', operator, list = ''] = set
    const values = list.split(',').map((value) => value.trim())
    if (!values.every((value) => WHOLE_VALUE.test(value))) return null
    return oneOf(name, new Set(values), operator === 'in')
  }
  const equality = EQUALITY.exec(text)
  if (equality !== null) {
    const [, name = '', operator, value = ''] = equality
    return oneOf(name, new Set([value]), operator !== '!=')
  }
  const existence = EXISTENCE.exec(text)
  if (existence === null) return null
  const [, no, name = ''] = existence
  return (labels) => Object.hasOwn(labels, name) === (no === '')
}

/** An object without the label is in no set: `!=` and `notin` hold for it. */
function oneOf(name: string, values: ReadonlySet<string>, isMember: boolean): Requirement {
  return (labels) => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined
    return (value !== undefined && values.has(value)) === isMember
  }
}

function splitOutsideParentheses(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let begin = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(begin, i))
      begin = i + 1
    }
  }
  return [...parts, text.slice(begin)]
}

/**
 * True when labels fulfil every requirement of a selector as objects carry it (meta/v1 LabelSelector); an empty one
 * takes everything. An operator that does not exist takes nothing.
 */
export function matchesSelectorSpec(spec: LabelSelectorSpec, labels: Labels): boolean {
  for (const [name, value] of Object.entries(spec.matchLabels)) {
    if (!Object.hasOwn(labels, name) || labels[name] !== value) return false
  }
  return spec.matchExpressions.every(({ key, operator, values }) => {
    switch (operator) {
      case 'In':
      case 'NotIn':
        return oneOf(key, new Set(values), operator === 'In')(labels)
      case 'Exists':
      case 'DoesNotExist':
        return Object.hasOwn(labels, key) === (operator === 'Exists')
      default:
        return false
    }
  })
}
