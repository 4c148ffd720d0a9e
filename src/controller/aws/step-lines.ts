/** Log lines about what is created, in the words of the founding controller. */
import type { AwsAction } from '../../aws/deploy/aws-api.ts'
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
  const { action } = operation
  if (action === 'elbv2:CreateLoadBalancer')
    return `Completed ${kind} creation. Name: ${text('Name')} | ARN: ${identifier}`
  if (action === 'elb:CreateLoadBalancer') return `Completed ${kind} creation. Name: ${text('LoadBalancerName')}`
  if (action === 'elbv2:CreateTargetGroup')
    return `Succeeded ${kind} creation. ARN: ${identifier} | Name: ${text('Name')}.`
  if (action === 'elbv2:CreateListener') {
    return `Completed ${kind} creation. ARN: ${identifier} | Port: ${text('Port')} | Proto: ${text('Protocol')}.`
  }
  if (action === 'elbv2:CreateRule') {
    const conditions = Array.isArray(input['Conditions']) ? input['Conditions'].map(formatCondition).join(',') : ''
    return `Completed ${kind} creation. Rule Priority: "${text('Priority')}" | Condition: [${conditions}]`
  }
  return `${operation.summary}: done`
}

const KINDS: Readonly<Partial<Record<AwsAction, string>>> = {
  'elbv2:CreateLoadBalancer': 'ELBV2 (ALB)',
  'elb:CreateLoadBalancer': 'ELB (Classic)',
  'elbv2:CreateTargetGroup': 'TargetGroup',
  'elbv2:CreateListener': 'Listener',
  'elbv2:CreateRule': 'Rule',
}

function kindOf({ action, input }: Operation): string | null {
  if (action === 'elbv2:CreateLoadBalancer' && input['Type'] === 'network') return 'ELBV2 (NLB)'
  return KINDS[action] ?? null
}

function formatCondition(condition: unknown): string {
  const { Field: field, ...configs } = condition as Readonly<Record<string, unknown>>
  const config = Object.values(configs)[0] as
    | { readonly Values?: readonly unknown[]; readonly RegexValues?: readonly unknown[] }
    | undefined
  const values = (config?.Values ?? config?.RegexValues ?? []).map((value) => JSON.stringify(value)).join(',')
  return `{    Field: ${JSON.stringify(field)},    Values: [${values}]  }`
}
