/** Findings as SARIF 2.1.0 (OASIS Standard, 27 March 2020), which code hosts show beside the changed lines. */
import { FINDING_CODES, type FindingCode } from '../../base/finding-codes.ts'
import type { Finding, Origin, Severity } from '../../base/finding.ts'
import { VERSION } from '../../base/version.ts'
import { escapeJson } from './escape.ts'

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** Section 3.27.10, `level`. */
const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>

const CODES = Object.keys(FINDING_CODES) as FindingCode[]
const RULE_INDEX = new Map(CODES.map((code, index) => [code, index]))

/** One run with every code of the registry as a rule. Columns count UTF-16 units, as in the findings. */
export function formatSarif(findings: readonly Finding[]): string {
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'genkan', version: VERSION, rules: CODES.map(toRule) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map(toResult),
      },
    ],
  }
  return `${escapeJson(JSON.stringify(log, null, 2))}\n`
}

function toRule(code: FindingCode): object {
  const { severity, meaning } = FINDING_CODES[code]
  return {
    id: code,
    shortDescription: { text: meaning },
    defaultConfiguration: { level: LEVELS[severity] },
  }
}

function toResult({ code, severity, message, origin }: Finding): object {
  return {
    ruleId: code,
    ruleIndex: RULE_INDEX.get(code) ?? -1,
    level: LEVELS[severity],
    message: { text: message },
    locations: [toLocation(origin)],
  }
}

function toLocation({ object, path, file, line, column }: Origin): object {
  const fullyQualifiedName = path === '' ? object : `${object} ${path}`
  const logicalLocations = [{ name: object, fullyQualifiedName, kind: 'object' }]
  if (file === undefined) return { logicalLocations }
  const region =
    line === undefined ? {} : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } }
  return { physicalLocation: { artifactLocation: { uri: toUri(file) }, ...region }, logicalLocations }
}

/** A relative reference for relative paths and a file URI for absolute ones (section 3.4.3); standard input is `stdin`. */
function toUri(file: string): string {
  if (file === '<stdin>') return 'stdin'
  const path = file
    .replaceAll('\\', '/')
    .split('/')
    .map((segment) => encodeURIComponent(segment.toWellFormed()))
    .join('/')
  return path.startsWith('/') ? `file://${path}` : path
}
