/** What an allocator gives and refuses, as tables; the cases are those that MetalLB's own tests hold, and ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript } from './testing/allocator-script.ts'
import { ASSIGNING_CASES, REQUESTS_CASES } from './testing/assigning-cases.ts'
import { DUAL_CASES, EXHAUSTION_CASES, SELECTED_CASES } from './testing/choosing-cases.ts'
import { CHANGES_CASES, COUNTS_CASES } from './testing/pool-cases.ts'
import { SHARING_CASES } from './testing/sharing-cases.ts'

const TABLES = {
  assigning: ASSIGNING_CASES,
  sharing: SHARING_CASES,
  exhaustion: EXHAUSTION_CASES,
  requests: REQUESTS_CASES,
  selected: SELECTED_CASES,
  dual: DUAL_CASES,
  changes: CHANGES_CASES,
  counts: COUNTS_CASES,
}

for (const [area, cases] of Object.entries(TABLES)) {
  for (const { name, pools, steps } of cases) {
    test(`${area}: ${name}`, () => assert.deepEqual(runScript(pools, steps), steps))
  }
}
