import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPlanDocument } from '../../aws/report/plan-document.ts'
import { EMPTY_INVENTORY } from '../../aws/stack/inventory.ts'
import { formatPlan } from './plan-text.ts'

function textOf(isComplete: boolean, held: readonly { readonly stack: 'shared'; readonly reason: string }[]): string {
  return formatPlan(
    createPlanDocument({
      clusterName: 'demo',
      inventory: EMPTY_INVENTORY,
      stacks: [],
      plan: { operations: [], identifiers: new Map(), held, remarks: [] },
      isDifference: true,
      isComplete,
      findings: [],
      targetsOf: () => ({ targets: [], pods: {}, isFailOpen: false }),
    }),
  )
}

test('a plan without calls says that there is nothing to do, but for what could not be built and what is held back', () => {
  const held = [{ stack: 'shared', reason: 'its name is taken' }] as const
  assert.match(textOf(true, []), /^AWS is so already: nothing to do$/m)
  assert.match(textOf(false, []), /^Nothing to do but for what could not be built: see the errors below$/m)
  assert.match(
    textOf(true, held),
    /^Nothing to do but for what is held back:\n  held back: shared: its name is taken$/m,
  )
  assert.match(
    textOf(false, held),
    /^Nothing to do but for what could not be built \(see the errors below\) and what is held back:\n  held back/m,
  )
})
