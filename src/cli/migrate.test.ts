import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { run } from './main.ts'

const EVERY_KIND = join(import.meta.dirname, '../../test/golden/migrate/every-kind.in.yaml')
const REPORT = ['--from', 'ingress-nginx', '--report']

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function migrate(...args: readonly string[]): Promise<Outcome> {
  const out: string[] = []
  const err: string[] = []
  const code = await run(['migrate', ...args], {
    stdout: { write: (text) => void out.push(text), isTTY: false, columns: 80 },
    stderr: { write: (text) => void err.push(text), isTTY: false },
    env: {},
  })
  return { code, out: out.join(''), err: err.join('') }
}

test('a report on objects that move unchanged exits with 0', async () => {
  const { code, out, err } = await migrate(join(import.meta.dirname, '../../examples/internal-elb'), ...REPORT)
  assert.equal(code, 0)
  assert.equal(err, '')
  assert.match(out, /^Moving in from ingress-nginx: 3 objects\n +3 moves unchanged\n/)
})

test('a report with something to edit exits with 1', async () => {
  const { code, out } = await migrate(EVERY_KIND, ...REPORT)
  assert.equal(code, 1)
  for (const words of ['must not be moved yet', 'needs an edit', 'moves with differences', 'not touched']) {
    assert.match(out, new RegExp(`^${words}`, 'm'))
  }
})

test('lines of text fit the terminal, but for words that are longer than it', async () => {
  const { out } = await migrate(EVERY_KIND, ...REPORT)
  const long = out
    .split('\n')
    .filter((line) => line.length > 100 && !/^(?:Ingress|ConfigMap|Deployment|Secret) /.test(line))
  assert.deepEqual(long, [])
})

test('the output goes to a file when one is named', async () => {
  using folder = createTemporaryFolder()
  const file = folder.file('move.html')
  const { code, out } = await migrate(EVERY_KIND, ...REPORT, '--format', 'html', '--output', file)
  assert.equal(code, 1)
  assert.equal(out, '')
  assert.match(readFileSync(file, 'utf8'), /^<!doctype html>\n/)
})

test('what cannot be done is wrong usage, and says what to write', async () => {
  using folder = createTemporaryFolder()
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[EVERY_KIND], /Cannot migrate: .*; give --from ingress-nginx --report, or --to gateway-api/],
    [[EVERY_KIND, ...REPORT, '--to', 'gateway-api'], /Cannot migrate: --from and --to are two things/],
    [[EVERY_KIND, '--to', 'contour'], /Allowed choices are gateway-api/],
    [[EVERY_KIND, '--to', 'gateway-api', '--format', 'html'], /Cannot write Gateway API objects as html/],
    [
      [EVERY_KIND, '--from', 'ingress-nginx'],
      /Cannot migrate from ingress-nginx: .*; give --from ingress-nginx --report/,
    ],
    [[EVERY_KIND, '--from', 'traefik', '--report'], /Allowed choices are ingress-nginx/],
    [[EVERY_KIND, ...REPORT, '--format', 'pdf'], /Allowed choices are text, json, html/],
    [[EVERY_KIND, ...REPORT, '--formt', 'json'], /unknown option '--formt'\n\(Did you mean --format\?\)/],
    [[EVERY_KIND, ...REPORT, '--output'], /option '--output <file>' argument missing/],
    [[EVERY_KIND, ...REPORT, '--output', folder.file('none/move.txt')], /Cannot write to .*none\/move\.txt: /],
    [[...REPORT], /Cannot migrate: nothing to read is given; give a PATH .*--cluster/],
  ]
  for (const [args, message] of wrong) {
    const { code, err } = await migrate(...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(err, message)
  }
})

test('a path that does not exist is told and exits with 1', async () => {
  const { code, out } = await migrate('no/such/folder', ...REPORT)
  assert.equal(code, 1)
  assert.match(out, /could not be read\n=+\n\n.*no\/such\/folder/)
})

test('JSON is the report as documented', async () => {
  const { out } = await migrate(EVERY_KIND, ...REPORT, '--format', 'json')
  const report = JSON.parse(out)
  assert.deepEqual(Object.keys(report), ['from', 'summary', 'namespaces', 'general', 'objects', 'untouched', 'unread'])
  assert.deepEqual(Object.keys(report.summary), ['objects', 'verdicts', 'items', 'canMove'])
  assert.deepEqual(Object.keys(report.objects[0]), [
    'object',
    'kind',
    'namespace',
    'name',
    'origin',
    'verdict',
    'items',
    'remarks',
  ])
  assert.deepEqual(Object.keys(report.objects[0].items[0]), [
    'kind',
    'subject',
    'value',
    'why',
    'replacements',
    'isBlocked',
    'origin',
  ])
})

test('--class leaves Ingresses of other classes out', async () => {
  const { out } = await migrate(EVERY_KIND, ...REPORT, '--format', 'json', '--class', 'contour')
  const { objects } = JSON.parse(out) as { objects: { kind: string }[] }
  assert.equal(
    objects.some(({ kind }) => kind === 'Ingress'),
    false,
  )
})

test('a redirect that is lost needs an edit, and the report says which', async () => {
  using folder = createTemporaryFolder()
  const file = folder.file('moved.yaml')
  writeFileSync(
    file,
    `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: old
  namespace: shop
  annotations: {nginx.ingress.kubernetes.io/permanent-redirect: https://new.example.com$request_uri}
spec:
  ingressClassName: nginx
  rules:
    - host: old.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
`,
  )
  const { code, out } = await migrate(file, ...REPORT)
  assert.match(out, /needs an edit/)
  assert.match(out, /so it redirects nothing; accepted is/)
  assert.match(out, /write genkan\.dev\/redirects: "308 \/\* https:\/\/new\.example\.com\/\$1"/)
  assert.equal(code, 1)
  const { err } = await migrate(file, '--to', 'gateway-api')
  assert.match(err, /^warning ANNOTATION_VALUE: .*permanent-redirect.* so it redirects nothing/m)
})
