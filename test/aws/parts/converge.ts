/** One pass of the driver: what exists, the difference, and making it so. */
import type { AwsApi } from '../../../src/aws/deploy/aws-api.ts'
import { execute, type ExecutionHooks } from '../../../src/aws/deploy/execute/execute.ts'
import type { ExecutionResult } from '../../../src/aws/deploy/execute/outcome.ts'
import { type Observed, RESOURCE_LISTS } from '../../../src/aws/deploy/observed.ts'
import { observe } from '../../../src/aws/deploy/observe/observe.ts'
import type { Plan } from '../../../src/aws/deploy/operation.ts'
import type { PlanOptions } from '../../../src/aws/deploy/plan/plan-options.ts'
import { planOperations } from '../../../src/aws/deploy/plan/plan-operations.ts'
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import { compareText } from '../../../src/base/finding.ts'
import { Secret } from '../../../src/base/secret.ts'
import { createVirtualPorts } from './virtual-ports.ts'

export const IDENTITY = { clusterName: 'demo', clusterUid: '00000000-0000-0000-0000-00000000000d' } as const

export interface Pass {
  readonly observed: Observed
  readonly plan: Plan
  readonly result: ExecutionResult
}

export interface ConvergeOptions {
  readonly vpcId: string
  readonly plan?: Partial<PlanOptions>
  readonly hooks?: Partial<ExecutionHooks>
}

export async function runPass(api: AwsApi, desired: readonly AwsStack[], options: ConvergeOptions): Promise<Pass> {
  const observed = await look(api, desired, options)
  const plan = planOperations(desired, observed, {
    ...IDENTITY,
    vpcId: options.vpcId,
    confirmedDeletes: true,
    ...options.plan,
  })
  const result = await execute(plan, api, {
    readSecret: (name, part) => Promise.resolve(part === 'chain' ? null : new Secret(Buffer.from(`${name} ${part}`))),
    ports: createVirtualPorts(),
    ...options.hooks,
  })
  return { observed, plan, result }
}

export function look(api: AwsApi, desired: readonly AwsStack[], { vpcId }: ConvergeOptions): Promise<Observed> {
  return observe(api, { ...IDENTITY, vpcId, desired })
}

/** Passes until one has nothing to do. @throws {Error} when that does not come */
export async function converge(
  api: AwsApi,
  desired: readonly AwsStack[],
  options: ConvergeOptions,
  most = 6,
): Promise<readonly Pass[]> {
  const passes: Pass[] = []
  for (let i = 0; i < most; i++) {
    const pass = await runPass(api, desired, options)
    passes.push(pass)
    // What is left for a later pass is still to be done.
    if (pass.plan.operations.length === 0 && (pass.plan.deferred ?? []).length === 0) return passes
  }
  const last = passes.at(-1)
  const outcomes = [...(last?.result.stacks.values() ?? [])].flatMap((stack) => stack.outcomes)
  const lines = outcomes.map(({ operation, state, code, message }) => `${operation.id}: ${state} ${code} ${message}`)
  throw new Error(`Still something to do after ${most} passes:\n${lines.join('\n')}`)
}

/** Everything that exists for us, without identifiers that differ from run to run. */
export function summarize(observed: Observed): unknown {
  const identifiers = new Map<string, string>()
  for (const stack of observed.stacks.values()) {
    for (const list of RESOURCE_LISTS) {
      for (const { identifier, spec } of stack[list]) identifiers.set(identifier, `${stack.id} ${list} ${spec.id}`)
    }
  }
  const named = (value: unknown): unknown => {
    if (typeof value === 'string') return identifiers.get(value) ?? value
    if (Array.isArray(value)) return value.map(named)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, named(entry)]))
  }
  const byText = (a: unknown, b: unknown): number => compareText(JSON.stringify(a), JSON.stringify(b))
  const stacks = [...observed.stacks.values()].map((stack) => ({
    id: stack.id,
    ...Object.fromEntries(
      RESOURCE_LISTS.map((list) => [
        list,
        stack[list].map(({ spec, allTags }) => named({ spec, allTags })).sort(byText),
      ]),
    ),
  }))
  return stacks.sort(byText)
}
