/** Runs every file in `cases/` against the system of `genkan dev` in this process, one test a request. */
import assert from 'node:assert/strict'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { DevServer } from '../../src/controller/dev-server.ts'
import { startQuietDev } from '../support/dev-server.ts'
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
    let genkan: DevServer
    const problems: string[] = []
    before(async () => {
      const inline = folder.file('manifests.yaml')
      if (wireCase.manifests !== undefined) writeFileSync(inline, await buildManifests(wireCase))
      const path = wireCase.manifestsFrom === undefined ? inline : join(ROOT, wireCase.manifestsFrom)
      genkan = await startQuietDev(path, (message) => problems.push(message), {
        classes: wireCase.classes ?? [],
        configMap: wireCase.configMap ?? '',
        defaultBackendService: wireCase.defaultBackendService ?? '',
      })
    })
    after(async () => {
      await genkan.close(0)
      folder[Symbol.dispose]()
      // Services of cases say more than yes and no on purpose.
      const unexpected = problems.filter((message) => !message.startsWith('Cannot let a request pass by '))
      assert.deepEqual(unexpected, [])
    })
    for (const request of wireCase.requests) {
      test(request.name, async () => checkAnswers(await sendRequest(request, genkan), request.expect))
    }
  })
}
