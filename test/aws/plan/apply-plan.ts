/** Runs a plan against the double, one operation after the other, in any order that `after` allows. */
import assert from 'node:assert/strict'
import type { AwsApi, AwsCalls } from '../../../src/aws/deploy/aws-api.ts'
import { identifierKey, type Operation, type Placeholder, type Plan } from '../../../src/aws/deploy/operation.ts'

/** @param choose index of the next among those that may begin; default the first, which is the plan's own order */
export async function applyPlan(api: AwsApi, plan: Plan, choose: (ready: number) => number = () => 0): Promise<void> {
  const identifiers = new Map(plan.identifiers)
  const done = new Set<string>()
  const waiting = [...plan.operations]
  while (waiting.length > 0) {
    const ready = waiting.filter((operation) => operation.after.every((id) => done.has(id)))
    const operation = ready[choose(ready.length)]
    assert.ok(operation !== undefined, `nothing can begin of ${waiting.map(({ id }) => id).join(', ')}`)
    waiting.splice(waiting.indexOf(operation), 1)
    await applyOperation(api, operation, identifiers)
    done.add(operation.id)
  }
}

export async function applyOperation(
  api: AwsApi,
  operation: Operation,
  identifiers: Map<string, string>,
): Promise<void> {
  const input = resolve(operation.input, identifiers)
  const { action } = operation
  const output = await api.call(action, input as AwsCalls[typeof action]['input']).catch((error: unknown) => {
    throw new Error(`${operation.id}: ${String(error)}\n${JSON.stringify(input)}`, { cause: error })
  })
  if (operation.yields === undefined) return
  const value = operation.yields
    .split('.')
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], output)
  assert.equal(typeof value, 'string', `${operation.id} yields nothing at ${operation.yields}`)
  identifiers.set(identifierKey(operation.stack, operation.resource), value as string)
}

function resolve(value: unknown, identifiers: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolve(entry, identifiers))
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value || '$secret' in value) return resolveOne(value as Placeholder, identifiers)
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolve(entry, identifiers)]))
}

function resolveOne(placeholder: Placeholder, identifiers: ReadonlyMap<string, string>): unknown {
  if ('$secret' in placeholder) {
    const text = `${placeholder.part} of ${placeholder.$secret}`
    return placeholder.part.startsWith('client') ? text : Buffer.from(text)
  }
  const identifier = identifiers.get(identifierKey(placeholder.stack, placeholder.$ref))
  assert.ok(identifier !== undefined, `${placeholder.$ref} of ${placeholder.stack} is not there yet`)
  return identifier
}
