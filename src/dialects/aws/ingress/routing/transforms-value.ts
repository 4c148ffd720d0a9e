/** The annotation `transforms.NAME`: what is rewritten before a request is forwarded. Keys match in any case. */
import type { RuleTransform } from '../../../../aws/stack/rule.ts'
import { textOf, toObject } from '../../../annotations/json-value.ts'

export type ParsedTransforms =
  | { readonly ok: true; readonly value: readonly RuleTransform[] }
  | { readonly ok: false; readonly problem: string }

const CONFIGS = { 'url-rewrite': 'urlrewriteconfig', 'host-header-rewrite': 'hostheaderrewriteconfig' } as const
const MAX_REGEX = 1024

/** @param json has passed `checkTransforms`; that each type is there once at most is judged here */
export function parseTransforms(json: unknown): ParsedTransforms {
  const transforms: RuleTransform[] = []
  for (const [index, item] of (Array.isArray(json) ? (json as readonly unknown[]) : []).entries()) {
    const entry = toObject(item)
    const type = entry === null ? '' : (textOf(entry, 'type') ?? '')
    if (entry === null || (type !== 'url-rewrite' && type !== 'host-header-rewrite')) {
      return { ok: false, problem: `entry ${index + 1} has no known type; write url-rewrite or host-header-rewrite` }
    }
    if (transforms.some((transform) => transform.type === type)) {
      return { ok: false, problem: `entry ${index + 1} is a second ${type}; a rule takes one of each type` }
    }
    const list = toObject(entry.get(CONFIGS[type]))?.get('rewrites')
    const rewrites = (Array.isArray(list) ? (list as readonly unknown[]) : []).map((rewrite) => {
      const object = toObject(rewrite) ?? new Map<string, unknown>()
      return { regex: textOf(object, 'regex') ?? '', replace: textOf(object, 'replace') ?? '' }
    })
    const long = rewrites.find(({ regex, replace }) => regex.length > MAX_REGEX || replace.length > MAX_REGEX)
    if (long !== undefined) {
      return { ok: false, problem: `entry ${index + 1} has a text of more than ${MAX_REGEX} characters; write less` }
    }
    transforms.push({ type, rewrites })
  }
  return { ok: true, value: transforms }
}
