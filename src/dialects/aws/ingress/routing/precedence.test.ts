/** Rules against a slow reading of the order that the AWS controller documents. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RuleAction, RuleCondition } from '../../../../aws/stack/rule.ts'
import { optimizeRules } from './optimize-rules.ts'
import type { ListenerFacts } from './redirect-loop.ts'
import { type AlbRequest, evaluateRules, holds } from './testing/evaluate-rules.ts'
import { routeManifests } from './testing/route-manifests.ts'

interface WrittenPath {
  readonly path: string
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
}
interface WrittenRule {
  readonly host: string
  readonly paths: readonly WrittenPath[]
}

const HOSTS = ['', 'a.example.com', 'b.example.com', '*.example.com'] as const
const PLAIN = ['/', '/a', '/a/', '/a/b', '/ab', '/b'] as const

const plainPath = fc.record({
  path: fc.constantFrom(...PLAIN),
  pathType: fc.constantFrom('Exact' as const, 'Prefix' as const, 'ImplementationSpecific' as const),
})
const globPath = fc.record({
  path: fc.constantFrom('/*', '/a*', '/?', '/a/*', '/*/b'),
  pathType: fc.constant('ImplementationSpecific' as const),
})
const rule = fc.record({
  host: fc.constantFrom(...HOSTS),
  paths: fc.array(fc.oneof(plainPath, globPath), { minLength: 1, maxLength: 4 }),
})
const members = fc.array(fc.array(rule, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
const request: fc.Arbitrary<AlbRequest> = fc.record({
  host: fc.constantFrom('a.example.com', 'B.example.com', 'x.example.com', 'example.com'),
  path: fc.constantFrom('/', '/a', '/a/', '/a/b', '/a/b/c', '/ab', '/b', '/abc/b'),
})

/** Every path has a Service of its own that does not exist, so that its name is in the answer. */
function toManifests(written: readonly (readonly WrittenRule[])[]): string {
  return written
    .map((rules, member) =>
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: `m${member}` },
        spec: {
          rules: rules.map(({ host, paths }, ruleIndex) => ({
            ...(host === '' ? {} : { host }),
            http: {
              paths: paths.map(({ path, pathType }, index) => ({
                path,
                pathType,
                backend: { service: { name: `s${member}-${ruleIndex}-${index}`, port: { number: 80 } } },
              })),
            },
          })),
        },
      }),
    )
    .join('\n---\n')
}

/** Service of the first path that takes the request, in the order of the documentation. */
function expected(written: readonly (readonly WrittenRule[])[], { host, path }: AlbRequest): string {
  for (const [member, rules] of written.entries()) {
    for (const [ruleIndex, { host: wanted, paths }] of rules.entries()) {
      if (wanted !== '' && !holds({ field: 'host-header', values: [wanted] }, { host, path })) continue
      const indexed = paths.map((one, index) => ({ ...one, index }))
      const exact = indexed.filter(({ pathType }) => pathType === 'Exact')
      const prefixes = indexed.filter(({ pathType }) => pathType === 'Prefix')
      const longestFirst = [...prefixes].sort((a, b) => b.path.length - a.path.length || a.index - b.index)
      const globs = indexed.filter(({ pathType }) => pathType === 'ImplementationSpecific')
      for (const one of [...exact, ...longestFirst, ...globs]) {
        if (takes(one, path)) return `Service s${member}-${ruleIndex}-${one.index} does not exist`
      }
    }
  }
  return ''
}

function takes({ path, pathType }: WrittenPath, asked: string): boolean {
  if (pathType === 'Exact') return asked === path
  if (pathType === 'ImplementationSpecific') {
    return holds({ field: 'path-pattern', values: [path] }, { host: '', path: asked })
  }
  // Whole segments, as the Ingress API has it.
  const segments = (text: string): readonly string[] => text.split('/').filter((segment) => segment !== '')
  const wanted = segments(path)
  return wanted.every((segment, index) => segments(asked)[index] === segment)
}

test('the rule that takes a request is that of the first path in the documented order', () => {
  fc.assert(
    fc.property(members, fc.array(request, { minLength: 1, maxLength: 8 }), (written, requests) => {
      const rules = routeManifests(toManifests(written)).routing.ports[0]?.rules ?? []
      for (const one of requests) {
        const found = rules[evaluateRules(rules, one)]?.actions[0]
        assert.equal(found?.type === 'fixed-response' ? found.messageBody : '', expected(written, one))
      }
    }),
    { numRuns: 300 },
  )
})

type Redirect = Extract<RuleAction, { type: 'redirect' }>

const redirect: fc.Arbitrary<Redirect> = fc.record({
  type: fc.constant('redirect' as const),
  protocol: fc.constantFrom('#{protocol}', 'HTTP', 'HTTPS'),
  host: fc.constantFrom('#{host}', '#{host}', 'a.example.com', 'www.#{host}'),
  port: fc.constantFrom('#{port}', '80', '443'),
  path: fc.constantFrom('/#{path}', '/#{path}', '/a', '/x/#{path}'),
  query: fc.constantFrom('#{query}', '#{query}', ''),
  statusCode: fc.constant('HTTP_301' as const),
})
const texts = <T extends string>(...values: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
const conditions: fc.Arbitrary<readonly RuleCondition[]> = fc
  .record({
    host: fc.option(texts('a.example.com', 'B.example.com', '*.example.com', '*')),
    path: fc.option(texts('/', '/a', '/a/*', '/*', '/?', '/ab')),
    method: fc.option(texts('GET', 'PUT')),
  })
  .map(({ host, path, method }) => [
    ...(host === null ? [] : [{ field: 'host-header' as const, values: host }]),
    ...(path === null ? [] : [{ field: 'path-pattern' as const, values: path }]),
    ...(method === null ? [] : [{ field: 'http-request-method' as const, values: method }]),
  ])
const listeners: fc.Arbitrary<ListenerFacts> = fc.constantFrom(
  { port: 80, protocol: 'HTTP' },
  { port: 443, protocol: 'HTTPS' },
  { port: 8443, protocol: 'HTTPS' },
)

interface TestRule {
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly RuleAction[]
}

/** What a browser sees: `loop` where it is sent to where it is. Requests have no query, so that dropping it keeps it. */
function answerOf(rules: readonly TestRule[], one: AlbRequest, { port, protocol }: ListenerFacts): string {
  const action = rules[evaluateRules(rules, one)]?.actions.at(-1)
  if (action?.type !== 'redirect') return action?.type === 'fixed-response' ? action.messageBody : 'default'
  const fill = (text: string): string =>
    text
      .replace('#{protocol}', protocol)
      .replace('#{host}', one.host)
      .replace('#{port}', String(port))
      .replace('#{path}', one.path.slice(1))
  const target = [action.protocol, action.host, action.port, action.path].map(fill)
  const isLoop =
    target[0] === protocol &&
    target[1]?.toLowerCase() === one.host.toLowerCase() &&
    target[2] === String(port) &&
    target[3] === one.path
  return isLoop && action.query === '#{query}' ? 'loop' : `${target.join(' ')} ${action.query}`
}

test('without the rules that were dropped every request that led somewhere has the answer it had', () => {
  const rules = fc.array(fc.record({ conditions, redirect: fc.option(redirect, { freq: 2 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  const asked = fc.record({
    host: fc.constantFrom('a.example.com', 'b.example.com', 'other.test'),
    path: fc.constantFrom('/', '/a', '/a/b', '/ab'),
    method: fc.constantFrom('GET', 'PUT'),
  })
  fc.assert(
    fc.property(rules, listeners, fc.array(asked, { minLength: 1, maxLength: 10 }), (generated, listener, requests) => {
      const written = generated.map(({ conditions, redirect }, index): TestRule => {
        const say = {
          type: 'fixed-response',
          statusCode: '200',
          contentType: '',
          messageBody: `rule ${index}`,
        } as const
        return { conditions, actions: [redirect ?? say] }
      })
      const kept = optimizeRules(written, listener)
      for (const one of requests) {
        const before = answerOf(written, one, listener)
        if (before !== 'loop') assert.equal(answerOf(kept, one, listener), before)
      }
    }),
    { numRuns: 1000 },
  )
})
