/**
 * Fifty Ingresses as ten years of ingress-nginx leave them, served as they are: what clients get, and that `explain`
 * says the same before it happens.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { NGINX_FAMILIES } from '../../src/dialects/annotations/nginx.ts'
import type { DevServer } from '../../src/controller/dev-server.ts'
import { readManifests } from '../../src/sources/files/read-manifests.ts'
import { startQuietDev } from '../support/dev-server.ts'
import { checkAnswers } from '../wire/check-answer.ts'
import { sendRequest } from '../wire/send-request.ts'
import type { WireRequest } from '../wire/wire-case.ts'

const MANIFESTS = fileURLToPath(new URL('manifests/', import.meta.url))
const STORIES = parse(readFileSync(new URL('stories.yaml', import.meta.url), 'utf8')) as readonly Story[]

interface Story extends WireRequest {
  /** Part of the outcome that `explain` must foretell; absent where it depends on more than the request. */
  readonly explain?: Readonly<Record<string, unknown>>
}

suite('fifty Ingresses of ingress-nginx', () => {
  let genkan: DevServer
  before(async () => {
    genkan = await startQuietDev(MANIFESTS, (message) => assert.fail(message), { classes: ['nginx'] })
  })
  after(async () => {
    await genkan.close(0)
  })

  test('there are fifty, and between them every core annotation', async () => {
    const { objects } = await readManifests([MANIFESTS])
    const ingresses = objects.filter((object) => object.kind === 'Ingress')
    assert.equal(ingresses.length, 50)
    const used = new Set(ingresses.flatMap(({ meta }) => Object.keys(meta.annotations)))
    const core = NGINX_FAMILIES.flatMap(({ rows }) => rows).filter(({ tier }) => tier === 'core')
    assert.deepEqual(
      core.map(({ name }) => name).filter((name) => !used.has(`nginx.ingress.kubernetes.io/${name}`)),
      [],
      'core annotations that no Ingress here has',
    )
  })

  for (const story of STORIES) {
    test(story.name, async () => checkAnswers(await sendRequest(story, genkan), story.expect))

    if (story.explain === undefined) continue
    test(`explain foretells: ${story.name}`, async () => {
      const { host, path, method = 'GET', headers = {}, scheme = 'http' } = story
      const answer = await fetch(`http://127.0.0.1:${genkan.adminPort}/api/v1/explain`, {
        method: 'POST',
        body: JSON.stringify({ url: `${scheme}://${host}${path}`, method, headers, clientIp: '127.0.0.1' }),
      })
      const { outcome } = (await answer.json()) as { readonly outcome: Readonly<Record<string, unknown>> }
      const foretold = Object.keys(story.explain ?? {}).map((key) => [key, outcome[key]])
      assert.deepEqual(Object.fromEntries(foretold), story.explain)
    })
  }
})
