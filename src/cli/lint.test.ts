import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { FindingCode } from '../base/finding-codes.ts'
import type { Finding, Severity } from '../base/finding.ts'
import { type CommandIo, UsageError } from './io.ts'
import { mergeFindings } from '../dialects/lint/merge-findings.ts'
import { type LintOptions, runLint } from './lint.ts'
import type { ReportFormat } from './report/findings-report.ts'

interface Ran {
  readonly code: number
  readonly output: string
}

async function lintPaths(paths: readonly string[], format: ReportFormat): Promise<Ran> {
  let output = ''
  const io: CommandIo = {
    stdout: { write: (text) => (output += text), isTTY: false, columns: 100 },
    stderr: { write: (text) => (output += text), isTTY: false },
    env: {},
  }
  const options: LintOptions = { paths, format, class: [], configMap: '', defaultBackendService: '' }
  const code = await runLint(options, io)
  return { code, output }
}

async function lintText(text: string, format: ReportFormat = 'text'): Promise<Ran> {
  using folder = createTemporaryFolder()
  writeFileSync(folder.file('test.yaml'), text)
  return await lintPaths([folder.path], format)
}

const SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-internal: 0.0.0.0/0
spec:
  type: LoadBalancer
  ports: [{port: 80}]
`

test('warnings alone exit with 0', async () => {
  const { code, output } = await lintText(SERVICE)
  assert.match(output, /test\.yaml:6:\d+: warning NLB_INTERNAL_IS_NOT_A_RANGE .*\n1 warning in 1 file\n$/s)
  assert.equal(code, 0)
})

test('an error exits with 1', async () => {
  const { code, output } = await lintText(`${SERVICE}---\nkind: [`)
  assert.match(output, /error YAML_SYNTAX/)
  assert.equal(code, 1)
})

test('a path that cannot be read is an error with its name', async () => {
  const { code, output } = await lintPaths(['no/such/folder'], 'text')
  assert.match(output, /no\/such\/folder.* FILE_UNREADABLE/)
  assert.equal(code, 1)
})

test('no path at all is wrong usage', async () => {
  await assert.rejects(lintPaths([], 'text'), UsageError)
})

test('JSON output is the same on every run', async () => {
  const mistakes = fileURLToPath(new URL('../../examples/mistakes', import.meta.url))
  const first = await lintPaths([mistakes], 'json')
  assert.equal((await lintPaths([mistakes], 'json')).output, first.output)
  const { findings } = JSON.parse(first.output) as { readonly findings: readonly Finding[] }
  const codes = new Set(findings.map((finding) => finding.code))
  const expected: readonly FindingCode[] = [
    'ACTION_UNUSED',
    'ALB_NEEDS_NODE_PORT',
    'ALB_REDIRECT_WITHOUT_HTTPS',
    'ANNOTATION_LEGACY',
    'ANNOTATION_UNKNOWN',
    'API_VERSION_REMOVED',
    'LIST_EXPECTED',
    'NLB_INTERNAL_IS_NOT_A_RANGE',
    'PATH_CONFLICT',
    'SERVICE_PORT_NOT_FOUND',
    'SERVICE_SELECTS_NOTHING',
  ]
  assert.deepEqual(
    expected.filter((code) => !codes.has(code)),
    [],
  )
  for (const { origin } of findings) assert.ok(origin.file !== undefined && origin.line !== undefined)
})

function finding(severity: Severity, message: string, line = 1): Finding {
  return {
    code: 'SERVICE_SELECTS_NOTHING',
    severity,
    message,
    origin: { object: 'Service a/b', path: 'spec', file: 'a', line },
  }
}

test('one remark per code and field, in the words of the cross-check and with the worse severity', () => {
  assert.deepEqual(mergeFindings([finding('error', 'short')], [finding('warning', 'long')]), [finding('error', 'long')])
  assert.deepEqual(mergeFindings([finding('warning', 'short', 2)], [finding('warning', 'long')]), [
    finding('warning', 'short', 2),
    finding('warning', 'long'),
  ])
  assert.deepEqual(mergeFindings([finding('warning', 'a'), finding('warning', 'a'), finding('warning', 'b')], []), [
    finding('warning', 'a'),
    finding('warning', 'b'),
  ])
})

test('an Ingress of a load balancer is judged as plan does, and one of our proxy beside it as the proxy serves it', async () => {
  using folder = createTemporaryFolder()
  const ingress = (name: string, className: string, backend: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/actions.web: '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":80,"weight":1},{"serviceName":"api","servicePort":80,"weight":3}]}}'
spec:
  ingressClassName: ${className}
  rules:
    - host: ${name}.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${backend}, port: {name: use-annotation}}}}]}
---
`
  const service = (name: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{port: 80}]}
---
`
  writeFileSync(folder.file('alb.yaml'), ingress('alb', 'alb', 'web') + service('web') + service('api'))
  const alone = await lintPaths([folder.path], 'text')
  assert.doesNotMatch(alone.output, / error |ANNOTATION_UNSUPPORTED/)
  assert.equal(alone.code, 0)
  writeFileSync(folder.file('nginx.yaml'), ingress('nginx', 'nginx', 'web'))
  const { output, code } = await lintPaths([folder.path], 'text')
  assert.match(output, /nginx\.yaml:.* error SERVICE_PORT_NOT_FOUND/)
  assert.equal(code, 1)
})
