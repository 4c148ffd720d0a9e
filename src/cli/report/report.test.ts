import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FINDING_CODES, type FindingCode } from '../../base/finding-codes.ts'
import type { Finding, Severity } from '../../base/finding.ts'
import { formatReport, type ReportFormat } from './findings-report.ts'
import { createLineReader } from './source-lines.ts'

const YAML = ['          - path: /', '            port: 9376 # the container port', '\t宿: {名: "値 値", b: c}'].join(
  '\n',
)

const PORT: Finding = {
  code: 'SERVICE_PORT_NOT_FOUND',
  severity: 'error',
  message: 'Cannot find port 9376: the Service has port 80; did you mean 80',
  origin: { object: 'Ingress shop/web', path: 'spec.rules[0].port', file: 'shop.yaml', line: 2, column: 19 },
}
const NOTE: Finding = {
  code: 'KIND_UNKNOWN',
  severity: 'info',
  message: 'Widgets are kept aside',
  origin: { object: 'Widget a/b', path: '' },
}
const WARNING: Finding = {
  code: 'FIELD_UNKNOWN',
  severity: 'warning',
  message: 'Cannot read x',
  origin: { object: 'Ingress shop/web', path: 'spec["a/b"]', file: 'shop.yaml', line: 3, column: 9 },
}

interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly env?: Readonly<Record<string, string>>
}

function report(findings: readonly Finding[], format: ReportFormat, screen: Screen = {}, text = YAML): string {
  const readLine = createLineReader([{ path: 'shop.yaml', text }])
  const stdout = { write: () => undefined, isTTY: screen.isTTY ?? false, columns: screen.columns ?? 100 }
  return formatReport(findings, { format, fileCount: 1, readLine }, { stdout, env: screen.env ?? {} })
}

const PLAIN_TERMINAL: Screen = { isTTY: true, env: { NO_COLOR: '1' } }

test('in a pipe each finding is one line, then a summary', () => {
  assert.equal(
    report([WARNING, PORT, NOTE], 'text'),
    [
      'note KIND_UNKNOWN Widgets are kept aside (Widget a/b)',
      'shop.yaml:2:19: error SERVICE_PORT_NOT_FOUND Cannot find port 9376: the Service has port 80; did you mean 80 (Ingress shop/web spec.rules[0].port)',
      'shop.yaml:3:9: warning FIELD_UNKNOWN Cannot read x (Ingress shop/web spec["a/b"])',
      '1 error, 1 warning, 1 note in 1 file',
      '',
    ].join('\n'),
  )
})

test('without findings the summary says so', () => {
  assert.equal(report([], 'text'), 'nothing to remark in 1 file\n')
})

test('on a terminal the source line is shown with carets under the value', () => {
  assert.equal(
    report([PORT], 'text', PLAIN_TERMINAL),
    [
      'error[SERVICE_PORT_NOT_FOUND]: Cannot find port 9376: the Service has port 80; did you mean 80',
      ' --> shop.yaml:2:19  Ingress shop/web spec.rules[0].port',
      '  |',
      '2 |             port: 9376 # the container port',
      '  |                   ^^^^',
      '',
      '1 error in 1 file',
      '',
    ].join('\n'),
  )
})

test('carets stand under wide characters and behind tabs', () => {
  const lines = report([WARNING], 'text', PLAIN_TERMINAL).split('\n')
  // The tab takes 4 columns, `宿: {名: ` 9, and the quoted value 1 + 2 + 1 + 2 + 1.
  assert.equal(lines[3], '3 |     宿: {名: "値 値", b: c}')
  assert.equal(lines[4], `  | ${' '.repeat(13)}${'^'.repeat(7)}`)
})

test('colours are used on a terminal unless NO_COLOR is set or the terminal is dumb', () => {
  const hasColor = (screen: Screen) => report([PORT], 'text', screen).includes('\u001b[')
  assert.equal(hasColor({ isTTY: true }), true)
  assert.equal(hasColor({ isTTY: true, env: { NO_COLOR: '' } }), true)
  assert.equal(hasColor({ isTTY: true, env: { NO_COLOR: '1' } }), false)
  assert.equal(hasColor({ isTTY: true, env: { TERM: 'dumb' } }), false)
  assert.equal(hasColor({ isTTY: false }), false)
})

test('a long line is cut to the terminal around the place', () => {
  const text = `${'a'.repeat(500)}: ${'b'.repeat(500)} end`
  const finding: Finding = { ...PORT, origin: { ...PORT.origin, line: 1, column: 503 } }
  const lines = report([finding], 'text', { ...PLAIN_TERMINAL, columns: 80 }, text).split('\n')
  assert.match(lines[3] ?? '', /^1 \| …a+: b+…$/)
  assert.match(lines[4] ?? '', /^ {2}\| +\^+$/)
  assert.ok((lines[3] ?? '').length <= 80 && (lines[4] ?? '').length <= 80)
  assert.equal((lines[3] ?? '').indexOf('b'), (lines[4] ?? '').indexOf('^'))
})

test('a line that is gone or empty is left out', () => {
  const finding: Finding = { ...PORT, origin: { ...PORT.origin, line: 99 } }
  assert.equal(report([finding], 'text', PLAIN_TERMINAL).split('\n').length, 5)
})

test('a manifest cannot move the terminal, forge a line or reorder text', () => {
  const evil = 'a\u001b[2J\nshop.yaml:1:1: error \u009b1m\u202eb\u200bc'
  const finding: Finding = { ...PORT, message: evil, origin: { ...PORT.origin, object: evil, path: evil, file: evil } }
  assert.equal(report([finding], 'text').split('\n').length, 3)
  assert.match(report([finding], 'text'), /a\\u001b\[2J\\nshop\.yaml:1:1: error \\u009b1m\\u202eb\\u200bc/)
})

test('JSON holds the findings in their fixed order and keys', () => {
  const text = report([WARNING, PORT, NOTE], 'json')
  assert.deepEqual(JSON.parse(text), { findings: [NOTE, PORT, WARNING] })
  assert.deepEqual(
    text
      .match(/^ {6}"\w+"/gm)
      ?.slice(0, 4)
      .map((key) => key.trim()),
    ['"code"', '"severity"', '"message"', '"origin"'],
  )
})

interface SarifLog {
  readonly version: string
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string
        readonly rules: readonly { readonly id: string; readonly defaultConfiguration: { readonly level: string } }[]
      }
    }
    readonly columnKind: string
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly level: string
      readonly message: { readonly text: string }
      readonly locations: readonly {
        readonly physicalLocation?: {
          readonly artifactLocation: { readonly uri: string }
          readonly region?: { readonly startLine: number; readonly startColumn?: number }
        }
        readonly logicalLocations: readonly { readonly fullyQualifiedName: string }[]
      }[]
    }[]
  }[]
}

test('SARIF 2.1.0 names a rule for every code, and each result its rule, level and region', () => {
  const log = JSON.parse(report([WARNING, PORT, NOTE], 'sarif')) as SarifLog
  assert.equal(log.version, '2.1.0')
  const [run] = log.runs
  assert.ok(run !== undefined)
  assert.equal(run.tool.driver.name, 'genkan')
  assert.equal(run.columnKind, 'utf16CodeUnits')
  assert.deepEqual(
    run.tool.driver.rules.map((rule) => rule.id),
    Object.keys(FINDING_CODES),
  )
  for (const rule of run.tool.driver.rules) assert.match(rule.defaultConfiguration.level, /^(?:error|warning|note)$/)
  for (const result of run.results) assert.equal(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId)
  assert.deepEqual(
    run.results.map((result) => result.level),
    ['note', 'error', 'warning'],
  )
  assert.deepEqual(run.results[1]?.locations, [
    {
      physicalLocation: { artifactLocation: { uri: 'shop.yaml' }, region: { startLine: 2, startColumn: 19 } },
      logicalLocations: [
        { name: 'Ingress shop/web', fullyQualifiedName: 'Ingress shop/web spec.rules[0].port', kind: 'object' },
      ],
    },
  ])
  assert.equal(run.results[0]?.locations[0]?.physicalLocation, undefined)
})

test('file names become URIs in SARIF', () => {
  const uriOf = (file: string) => {
    const log = JSON.parse(report([{ ...PORT, origin: { ...PORT.origin, file } }], 'sarif')) as SarifLog
    return log.runs[0]?.results[0]?.locations[0]?.physicalLocation?.artifactLocation.uri
  }
  assert.equal(uriOf('a b/店.yaml'), 'a%20b/%E5%BA%97.yaml')
  assert.equal(uriOf('/srv/a.yaml'), 'file:///srv/a.yaml')
  assert.equal(uriOf('<stdin>'), 'stdin')
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\u001b', '\t', '"', '宿', '́', ' ', '[', 'a', '\ud800', '\u009b', '\r', '\n') }),
)
const anyFinding: fc.Arbitrary<Finding> = fc.record({
  code: fc.constantFrom(...(Object.keys(FINDING_CODES) as FindingCode[])),
  severity: fc.constantFrom<Severity>('error', 'warning', 'info'),
  message: anyText,
  origin: fc.record(
    {
      object: anyText,
      path: anyText,
      file: fc.constantFrom('shop.yaml', 'other.yaml'),
      line: fc.integer({ min: -1, max: 5 }),
      column: fc.integer({ min: -1, max: 60 }),
    },
    { requiredKeys: ['object', 'path'] },
  ),
})

test('no report throws or lets a control character through, whatever the findings and the files', () => {
  // oxlint-disable-next-line no-control-regex
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/u
  fc.assert(
    fc.property(
      fc.array(anyFinding, { maxLength: 5 }),
      anyText,
      fc.integer({ min: 0, max: 120 }),
      (findings, text, columns) => {
        for (const format of ['text', 'json', 'sarif'] as const) {
          for (const isTTY of [true, false]) {
            const output = report(findings, format, { isTTY, columns, env: { NO_COLOR: '1' } }, text)
            assert.doesNotMatch(output, control)
            if (format !== 'text') JSON.parse(output)
            else if (!isTTY) assert.equal(output.split('\n').length, findings.length + 2)
          }
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('JSON carries the text unchanged', () => {
  fc.assert(
    fc.property(anyFinding, (finding) => {
      const message = (JSON.parse(report([finding], 'json')) as { findings: Finding[] }).findings[0]?.message
      assert.equal(message, finding.message)
    }),
  )
})
