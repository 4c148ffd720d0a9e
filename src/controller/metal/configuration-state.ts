/**
 * Status of a ConfigurationState: whether the configuration is in use as it is written, with a condition for each mistake. Pure.
 * Source: MetalLB's API reference (ConfigurationState v1beta1) and metav1.Condition.
 */
import type { Finding } from '../../base/finding.ts'
import { gatherTexts, reasonOf } from '../cluster/event-recorder.ts'

export interface ConfigurationFacts {
  readonly findings: readonly Finding[]
  /** Kinds of the configuration that this identity may not read. */
  readonly unread: readonly string[]
}

export interface ConfigurationStatus {
  readonly result: 'Valid' | 'Invalid' | 'Unknown'
  /** Empty = nothing is wrong. */
  readonly errorSummary: string
  readonly conditions: readonly StateCondition[]
}

export interface StateCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: 'Reconciled' | 'ConfigurationError' | 'InfraError'
  readonly message: string
  /** RFC 3339. */
  readonly lastTransitionTime: string
}

type Untimed = Omit<StateCondition, 'lastTransitionTime'>

/** A part of the configuration that has a condition of its own, under MetalLB's name. */
export type StatePart = 'poolReconcilerValid' | 'configReconcilerValid'

/** Mistakes with conditions of their own; the Events tell of all. */
const MOST_MISTAKES = 50
const LONGEST = 1024

/**
 * @param parts which conditions sum it up: pools and all the rest, or everything in one
 * @param before conditions as they are; what stays as it was keeps its time
 * @param now RFC 3339
 */
export function toConfigurationStatus(
  { findings, unread }: ConfigurationFacts,
  parts: readonly StatePart[],
  before: readonly Pick<StateCondition, 'type' | 'status' | 'lastTransitionTime'>[],
  now: string,
): ConfigurationStatus {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const since = (condition: Untimed): StateCondition => {
    const same = before.find(({ type, status }) => type === condition.type && status === condition.status)
    return { ...condition, lastTransitionTime: same?.lastTransitionTime || now }
  }
  const sums = parts.map((type) => {
    const isOwn = (of: readonly StatePart[]): boolean => parts.length === 1 || of.includes(type)
    const own = errors.filter((error) => isOwn(partsOf(error)))
    const away = unread.filter((kind) =>
      isOwn([kind === 'IPAddressPool' ? 'poolReconcilerValid' : 'configReconcilerValid']),
    )
    return since({ type, ...sumUp(own, away) })
  })
  const isInvalid = sums.some(({ status }) => status === 'False')
  const isUnknown = sums.some(({ status }) => status === 'Unknown')
  return {
    result: isInvalid ? 'Invalid' : isUnknown ? 'Unknown' : 'Valid',
    errorSummary: isInvalid ? summaryOf(errors) : isUnknown ? unreadText(unread) : '',
    conditions: [...sums, ...mistakes(errors).map(since)],
  }
}

function sumUp(errors: readonly Finding[], unread: readonly string[]): Omit<Untimed, 'type'> {
  if (errors.length > 0) return { status: 'False', reason: 'ConfigurationError', message: summaryOf(errors) }
  if (unread.length > 0) return { status: 'Unknown', reason: 'InfraError', message: unreadText(unread) }
  return { status: 'True', reason: 'Reconciled', message: 'The configuration is in use' }
}

/** As its Events: what one object has to say about one code is one condition. */
function mistakes(errors: readonly Finding[]): readonly Untimed[] {
  const conditions = new Map<string, Untimed>()
  for (const [object, texts] of gatherTexts(errors)) {
    const [kind = '', path = ''] = object.split(' ')
    for (const [code, text] of texts) {
      if (conditions.size === MOST_MISTAKES) break
      const type = `${kind}.${path.split('/').at(-1) ?? ''}.${reasonOf(code)}`
      conditions.set(type, { type, status: 'False', reason: 'ConfigurationError', message: cut(text) })
    }
  }
  return [...conditions.values()]
}

/** What the older ConfigMap says of pools is about pools; a text that cannot be read is about everything. */
function partsOf({ origin: { object, path } }: Finding): readonly StatePart[] {
  if (object.startsWith('IPAddressPool ') || path.startsWith('data.config: address-pools'))
    return ['poolReconcilerValid']
  return path === 'data.config' ? ['poolReconcilerValid', 'configReconcilerValid'] : ['configReconcilerValid']
}

function unreadText(unread: readonly string[]): string {
  return cut(`Cannot read ${unread.join(', ')}: not allowed, or not defined`)
}

function summaryOf(errors: readonly Finding[]): string {
  const texts = errors.map(({ origin: { object }, message }) =>
    message.includes(object) ? message : `${object}: ${message}`,
  )
  return cut(texts.join('; '))
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text
}
