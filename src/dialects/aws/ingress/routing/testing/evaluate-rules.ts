/** What an ALB does with a request, for tests. Source: elbv2 API reference, RuleCondition. */
import { BlockList, isIPv4 } from 'node:net'
import type { RuleAction, RuleCondition } from '../../../../../aws/stack/rule.ts'

export interface AlbRequest {
  readonly host: string
  readonly path: string
  readonly method?: string
  /** Lower-cased names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly sourceIp?: string
}

interface Rule {
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
}

/** Index of the first rule that takes the request; -1 for the default action. */
export function evaluateRules(rules: readonly Rule[], request: AlbRequest): number {
  return rules.findIndex(({ conditions }) => conditions.every((condition) => holds(condition, request)))
}

export function holds(condition: RuleCondition, request: AlbRequest): boolean {
  if ('regexValues' in condition) {
    const text = textOf(condition, request)
    return text !== undefined && condition.regexValues.some((source) => new RegExp(source).test(text))
  }
  switch (condition.field) {
    case 'host-header':
      return condition.values.some((value) => toRegex(value, 'i').test(request.host))
    case 'path-pattern':
      return condition.values.some((value) => toRegex(value, '').test(request.path))
    case 'http-header': {
      const text = textOf(condition, request)
      return text !== undefined && condition.values.some((value) => toRegex(value, 'i').test(text))
    }
    case 'http-request-method':
      return condition.values.includes(request.method ?? 'GET')
    case 'source-ip':
      return condition.values.some((range) => isWithin(request.sourceIp ?? '192.0.2.1', range))
    case 'query-string':
      return condition.values.some(({ key, value }) =>
        Object.entries(request.query ?? {}).some(
          ([name, text]) => (key === '' || toRegex(key, 'i').test(name)) && toRegex(value, 'i').test(text),
        ),
      )
  }
}

function textOf(condition: Extract<RuleCondition, { field: string }>, request: AlbRequest): string | undefined {
  if (condition.field === 'host-header') return request.host
  if (condition.field === 'path-pattern') return request.path
  return 'name' in condition ? request.headers?.[condition.name.toLowerCase()] : undefined
}

/** Written apart from `glob.ts`, so that one checks the other. */
function toRegex(glob: string, flags: string): RegExp {
  const source = glob
    .replaceAll(/[\^$\\.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`, flags)
}

function isWithin(address: string, range: string): boolean {
  const [network = '', length = '0'] = range.split('/')
  const family = isIPv4(network) ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, Number(length), family)
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}
