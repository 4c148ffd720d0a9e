import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileRoutes } from '../../routing/compile.ts'
import { RequestRecord } from '../request-record.ts'
import { fixtureModel } from '../testing/proxy-fixture.ts'
import { createAccessLog } from './access-log.ts'

test('a route that asks for no log has no line, its neighbours have', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'genkan-unlogged-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const target = join(folder, 'access.log')
  const log = createAccessLog({ target, settings: { isEnabled: true, format: '$request_uri', escape: 'default' } })
  for (const isLogged of [false, true]) {
    const table = compileRoutes(fixtureModel({ upstreams: [], route: { isLogged } }).routes, () => null)
    const record = new RequestRecord()
    record.route = table.anyHost?.routes[0] ?? null
    assert.notEqual(record.route, null)
    record.target = `/${isLogged}`
    log.observe(record)
  }
  await log.close()
  assert.equal(readFileSync(target, 'utf8'), '/true\n')
})
