/** Log lines about what is created, in the words of the founding controller. */
import type { Operation } from '../../aws/deploy/operation.ts'

/** Before the call; `null` = nothing is said. */
export function beginLine(operation: Operation): string | null {
  const kind = kindOf(operation)
  return kind === null ? null : `Start ${kind} creation.`
}

/** @param identifier what AWS calls the new thing; empty = it is not known */
export function endLine(operation: Operation, identifier: string): string {
  const input = operation.input as Readonly<Record<string, unknown>>
  const text = (key: string): string => {
    const value = input[key]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const kind = kindOf(operation)
  switch (operation.action) {
    case 'elbv2:CreateLoadBalancer':
      return `Completed ${kind} creation. Name: ${text('Name')} | ARN: ${identifier}`
    case 'elb:CreateLoadBalancer':
      return `Completed ${kind} creation. Name: ${text('LoadBalancerName')}`
    case 'elbv2:CreateTargetGroup':
      return `Succeeded TargetGroup creation. ARN: ${identifier} | Name: ${text('Name')}.`
    case 'elbv2:CreateListener':
      return `Completed Listener creation. ARN: ${identifier} | Port: ${text('Port')} | Proto: ${text('Protocol')}.`
    case 'elbv2:CreateRule': {
      const conditions = Array.isArray(input['Conditions']) ? input['Conditions'].map(formatCondition).join(',') : ''
      return `Completed Rule creation. Rule Priority: "${text('Priority')}" | Condition: [${conditions}]`
    }
    default:
      return `${operation.summary}: done`
  }
}

function kindOf({ action, input }: Operation): string | null {
  switch (action) {
    case 'elbv2:CreateLoadBalancer':
      return `ELBV2 (${input['Type'] === 'network' ? 'NLB' : 'ALB'})`
    case 'elb:CreateLoadBalancer':
      return 'ELB (Classic)'
    case 'elbv2:CreateTargetGroup':
      return 'TargetGroup'
    case 'elbv2:CreateListener':
      return 'Listener'
    case 'elbv2:CreateRule':
      return 'Rule'
    default:
      return null
  }
}

function formatCondition(condition: unknown): string {
  const { Field: field, ...configs } = condition as Readonly<Record<string, unknown>>
  const config = Object.values(configs)[0] as
    | { readonly Values?: readonly unknown[]; readonly RegexValues?: readonly unknown[] }
    | undefined
  const values = (config?.Values ?? config?.RegexValues ?? []).map((value) => JSON.stringify(value)).join(',')
  return `{    Field: ${JSON.stringify(field)},    Values: [${values}]  }`
}
