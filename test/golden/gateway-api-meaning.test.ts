/**
 * The objects of `genkan migrate --to gateway-api` mean what the manifests mean: requests are answered by the rules of
 * the Gateway API, read plainly here, as `decide` answers them. Regular expressions are each implementation's affair.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { translate } from '../../src/dialects/translate.ts'
import { createSnapshot } from '../../src/kube/snapshot.ts'
import type { HttpRouteRule } from '../../src/migrate/gateway-api/gateway-objects.ts'
import { type GatewayApiResult, toGatewayApi } from '../../src/migrate/gateway-api/to-gateway-api.ts'
import { createExplainTable, explain } from '../../src/routing/explain.ts'
import { parseExplainRequest } from '../../src/routing/explain-request.ts'
import { readContent } from '../../src/sources/files/file-content.ts'

interface RouteSpec {
  readonly parentRefs: readonly { readonly sectionName: string }[]
  readonly hostnames?: readonly string[]
  readonly rules: readonly HttpRouteRule[]
}

interface Candidate {
  readonly namespace: string
  readonly hostname: string
  readonly rule: HttpRouteRule
}

/** Rules of the listeners of a scheme, in the order of objects and rules. */
function candidatesOf({ objects }: GatewayApiResult, scheme: 'http' | 'https'): readonly Candidate[] {
  return objects.flatMap((object) => {
    if (object.kind !== 'HTTPRoute') return []
    const { parentRefs, hostnames = [''], rules } = object.spec as RouteSpec
    if (!parentRefs.some(({ sectionName }) => (sectionName === 'http') === (scheme === 'http'))) return []
    const namespace = object.metadata.namespace ?? ''
    return hostnames.flatMap((hostname) => rules.map((rule) => ({ namespace, hostname, rule })))
  })
}

function takesHost(hostname: string, host: string): boolean {
  if (hostname === '') return true
  return hostname.startsWith('*.') ? host.endsWith(hostname.slice(1)) : hostname === host
}

/** The most specific host name first; then exact paths, then longer prefixes, then more header matches. */
function answerOf(candidates: readonly Candidate[], host: string, path: string): string {
  const ofHost = candidates.filter(({ hostname }) => takesHost(hostname, host))
  const rank = (hostname: string): number => (hostname.startsWith('*') ? hostname.length : 1000 + hostname.length)
  const best = Math.max(...ofHost.map(({ hostname }) => (hostname === '' ? 0 : rank(hostname))))
  let taken: { readonly weight: number; readonly candidate: Candidate } | null = null
  for (const candidate of ofHost) {
    if ((candidate.hostname === '' ? 0 : rank(candidate.hostname)) !== best) continue
    for (const match of candidate.rule.matches ?? [{ path: { type: 'PathPrefix', value: '/' } as const }]) {
      const weight = pathWeight(match.path, path)
      if (weight === 0 || match.headers !== undefined) continue
      if (taken === null || weight > taken.weight) taken = { weight, candidate }
    }
  }
  return taken === null ? 'status 404' : describeRule(taken.candidate)
}

function pathWeight({ type, value }: HttpRouteMatchPath, path: string): number {
  if (type === 'Exact') return path === value ? 100_000 : 0
  const prefix = value.replace(/\/$/, '')
  return path === prefix || path.startsWith(`${prefix}/`) ? 1 + prefix.length : 0
}

type HttpRouteMatchPath = NonNullable<HttpRouteRule['matches']>[number]['path']

function describeRule({ namespace, rule }: Candidate): string {
  const redirect = rule.filters?.find((filter) => filter.type === 'RequestRedirect')
  if (redirect?.type === 'RequestRedirect') {
    return `redirect ${(redirect.requestRedirect as { statusCode: number }).statusCode}`
  }
  const [first] = rule.backendRefs ?? []
  return first === undefined ? 'status 503' : `to ${first.namespace ?? namespace}/${first.name}`
}

function check(file: string): number {
  const snapshot = createSnapshot(readContent(readFileSync(file, 'utf8'), basename(file), 0).objects)
  const endpoints = { override: () => null, simulate: () => [{ address: '127.0.0.1', port: 1, pod: 'pod' }] }
  const options = { classes: [], configMap: '', defaultBackendService: '', nowMs: Date.parse('2026-11-21'), endpoints }
  const translation = translate(snapshot, options)
  const written = toGatewayApi(translation, snapshot, 'default')
  // What is left out or differs is said; what is not has to be the same.
  const isTold = new Set(written.findings.map(({ origin }) => origin.object))
  const table = createExplainTable(translation.model)
  let count = 0
  for (const scheme of ['http', 'https'] as const) {
    const candidates = candidatesOf(written, scheme)
    for (const { hostname, rule } of candidates) {
      const host = hostname === '' ? 'any.example' : hostname.replace('*', 'sub')
      for (const { path } of rule.matches ?? []) {
        if (path.type === 'RegularExpression') continue
        for (const target of [path.value, `${path.value.replace(/\/$/, '')}/x`, `${path.value}x`, '/', '/nowhere']) {
          const request = parseExplainRequest({
            url: `${scheme}://${host}${target}`,
            method: 'GET',
            headers: [],
            clientIp: '127.0.0.1',
          })
          assert.ok(!('error' in request))
          const { outcome, origin, considered } = explain(table, request.value)
          if ([origin, ...considered.map((one) => one.origin)].some(({ object }) => isTold.has(object))) continue
          const expected =
            outcome.kind === 'forward'
              ? `to ${(outcome.service ?? '').replace(/:[^:]*$/, '')}`
              : outcome.kind === 'redirect'
                ? `redirect ${outcome.status}`
                : `status ${outcome.status}`
          const actual = answerOf(candidates, host, target)
          // Without endpoints a Gateway answers 503 too, behind the same backend.
          if (expected === 'status 503' && actual.startsWith('to ')) continue
          assert.equal(actual, expected, `${basename(file)}: ${scheme}://${host}${target}`)
          count++
        }
      }
    }
  }
  return count
}

test('requests are answered by the written objects as by the manifests', () => {
  const files = globSync('{ingress,gateway-api}/*.in.yaml', { cwd: import.meta.dirname }).sort()
  const total = files.reduce((sum, file) => sum + check(join(import.meta.dirname, file)), 0)
  assert.ok(total > 500, `${total} requests are few`)
})
