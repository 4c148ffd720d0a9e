/** Runs every file in `cases/` against the real program, one test a request. */
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type RunningGenkan, startGenkan } from '../support/genkan.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { checkAnswers } from './check-answer.ts'
import { buildManifests } from './case-manifests.ts'
import { sendRequest } from './send-request.ts'
import { readWireCase } from './wire-case.ts'

const CASES = fileURLToPath(new URL('cases/', import.meta.url))
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

for (const file of globSync('*.yaml', { cwd: CASES }).sort()) {
  const wireCase = readWireCase(join(CASES, file))
  suite(wireCase.name, () => {
    const folder = createTemporaryFolder()
    let genkan: RunningGenkan
    before(async () => {
      const inline = folder.file('manifests.yaml')
      if (wireCase.manifests !== undefined) writeFileSync(inline, await buildManifests(wireCase))
      const path = wireCase.manifestsFrom === undefined ? inline : join(ROOT, wireCase.manifestsFrom)
      genkan = await startGenkan([path, '--access-log=off', ...(wireCase.args ?? [])])
    })
    after(async () => {
      await genkan.stop()
      folder[Symbol.dispose]()
    })
    for (const request of wireCase.requests) {
      test(request.name, async () => checkAnswers(await sendRequest(request, genkan), request.expect))
    }
  })
}
