/** Every command printed in a README answers as printed: no documentation drifts. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compareOutput, readConsoleBlocks } from '../support/console-blocks.ts'
import { createReadmeSession } from '../support/readme-session.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

for (const readme of ['README.md', ...globSync('examples/*/README.md', { cwd: root }).sort()]) {
  describe(readme, () => {
    const steps = readConsoleBlocks(readFileSync(`${root}${readme}`, 'utf8'))

    test('has commands to try', () => {
      assert.ok(steps.length > 1)
    })

    test('every command answers as printed', async (context) => {
      await using session = createReadmeSession()
      for (const step of steps) {
        await context.test(`${step.line}: ${step.command}`, async () => {
          const printed = await session.runStep(step.command)
          if (printed === '' && step.command.includes('dev')) return
          const difference = compareOutput(step.output, printed)
          assert.equal(difference, null, `${readme}:${step.line}: $ ${step.command}\n${difference ?? ''}`)
        })
      }
    })
  })
}
