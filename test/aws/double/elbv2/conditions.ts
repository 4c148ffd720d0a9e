/** Conditions of rules: what AWS refuses, and how it says them back. */
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { refuse } from '../refusal.ts'

/** Each of these at most once in a rule. */
const ONCE = ['host-header', 'path-pattern', 'http-request-method', 'source-ip']

export function toConditions(given: readonly Elb.RuleCondition[] | undefined): Elb.RuleCondition[] {
  const conditions = (given ?? []).map(toCondition)
  if (conditions.length === 0) refuse('ValidationError', 'At least one condition is required')
  for (const field of ONCE) {
    if (conditions.filter((one) => one.Field === field).length > 1)
      refuse('ValidationError', `Only one condition of '${field}' is allowed`)
  }
  const values = conditions.map(valuesOf)
  const total = values.reduce((sum, list) => sum + list.length, 0)
  if (total > 5) refuse('TooManyConditionValues', `A rule can have at most 5 condition values, not ${total}`)
  const wildcards = values.flat().reduce((sum, value) => sum + (value.match(/[*?]/g)?.length ?? 0), 0)
  const isRegex = conditions.some((one) => regexOf(one) !== undefined)
  if (!isRegex && wildcards > 5) refuse('ValidationError', `A rule can have at most 5 wildcards, not ${wildcards}`)
  return conditions
}

function toCondition(condition: Elb.RuleCondition): Elb.RuleCondition {
  const field = condition.Field ?? ''
  switch (field) {
    case 'host-header':
    case 'path-pattern': {
      const config = field === 'host-header' ? condition.HostHeaderConfig : condition.PathPatternConfig
      const values = config?.Values ?? condition.Values
      const regex = config?.RegexValues ?? condition.RegexValues
      checkValues(field, values, regex)
      const name = field === 'host-header' ? 'HostHeaderConfig' : 'PathPatternConfig'
      // Plain values are said twice, in the old place and in the new one.
      return values === undefined || values.length === 0
        ? { Field: field, [name]: { RegexValues: regex } }
        : { Field: field, Values: values, [name]: { Values: values } }
    }
    case 'http-header': {
      const config = condition.HttpHeaderConfig
      const name = config?.HttpHeaderName ?? ''
      if (!/^[!#$%&'*+\-.^_`|~\w]{1,40}$/.test(name) || /^host$/i.test(name))
        refuse('ValidationError', `Invalid header name '${name}'`)
      checkValues(field, config?.Values, config?.RegexValues)
      return {
        Field: field,
        HttpHeaderConfig: {
          HttpHeaderName: name,
          ...((config?.Values ?? []).length > 0 ? { Values: config?.Values } : { RegexValues: config?.RegexValues }),
        },
      }
    }
    case 'http-request-method': {
      const values = condition.HttpRequestMethodConfig?.Values
      checkValues(field, values, undefined)
      if ((values ?? []).some((value) => !/^[A-Z_-]{1,40}$/.test(value)))
        refuse('ValidationError', 'Invalid request method')
      return { Field: field, HttpRequestMethodConfig: { Values: values } }
    }
    case 'source-ip': {
      const values = condition.SourceIpConfig?.Values
      checkValues(field, values, undefined)
      if ((values ?? []).some((value) => !/^[0-9a-f.:]+\/\d{1,3}$/i.test(value)))
        refuse('ValidationError', 'Invalid CIDR of source-ip')
      return { Field: field, SourceIpConfig: { Values: values } }
    }
    case 'query-string': {
      const values = condition.QueryStringConfig?.Values ?? []
      checkValues(
        field,
        values.map((one) => one.Value ?? ''),
        undefined,
      )
      return { Field: field, QueryStringConfig: { Values: values } }
    }
    default:
      return refuse('ValidationError', `Unknown condition field '${field}'`)
  }
}

function checkValues(field: string, values: readonly string[] | undefined, regex: readonly string[] | undefined): void {
  const hasValues = values !== undefined && values.length > 0
  const hasRegex = regex !== undefined && regex.length > 0
  if (hasValues === hasRegex)
    refuse('ValidationError', `Condition '${field}' needs either values or regular expressions`)
  const all = values ?? regex ?? []
  if (all.length > 3 && /^(?:host-header|path-pattern|http-header)$/.test(field)) {
    refuse('ValidationError', `Condition '${field}' can have at most 3 strings, not ${all.length}`)
  }
  for (const value of all) {
    if (value.length === 0 || value.length > 128)
      refuse('ValidationError', `Condition value '${value}' must have 1 to 128 characters`)
    if (field === 'path-pattern' && hasValues && !/^[\w\-.$/~"'@:+&*?]+$/.test(value)) {
      refuse('ValidationError', `Condition value '${value}' contains a character that is not valid`)
    }
    if (field === 'host-header' && hasValues && !/^[\w\-.*?]+$/.test(value)) {
      refuse('ValidationError', `Condition value '${value}' contains a character that is not valid`)
    }
  }
}

function regexOf(one: Elb.RuleCondition): string[] | undefined {
  return one.HostHeaderConfig?.RegexValues ?? one.PathPatternConfig?.RegexValues ?? one.HttpHeaderConfig?.RegexValues
}

function valuesOf(one: Elb.RuleCondition): string[] {
  return (
    regexOf(one) ??
    one.Values ??
    one.HttpHeaderConfig?.Values ??
    one.HttpRequestMethodConfig?.Values ??
    one.SourceIpConfig?.Values ??
    (one.QueryStringConfig?.Values ?? []).map((value) => `${value.Key ?? ''}=${value.Value ?? ''}`)
  )
}
