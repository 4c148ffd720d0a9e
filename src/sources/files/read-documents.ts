/** The text of one file to Kubernetes documents: multi-document YAML, JSON, `kind: List`, with positions. */
import type { FindingCode } from '../../base/finding-codes.ts'
import { FINDING_CODES } from '../../base/finding-codes.ts'
import type { Finding, Severity } from '../../base/finding.ts'
import type { SourceMap } from '../../kube/meta.ts'
import { flattenLists, type RawDocument } from './flatten-lists.ts'
import { createLineIndex, type LineIndex } from './line-index.ts'
import { type ParsedDocument, type ParseOutcome, parseJson, parseYaml } from './parse-document.ts'
import { splitJson, splitYaml } from './split-documents.ts'

export interface DocumentsOfFile {
  readonly documents: readonly RawDocument[]
  readonly findings: readonly Finding[]
  /** True when some part of the text is not valid YAML or JSON, so that objects may be missing. */
  readonly isBroken: boolean
}

/**
 * Reads the documents of a file. A document with a mistake is left out alone. Never throws.
 *
 * @param file name for origins; `.json` selects JSON, and so does content that is JSON throughout
 */
export function readDocuments(text: string, file: string): DocumentsOfFile {
  const lines = createLineIndex(text)
  const findings: Finding[] = []
  const documents: RawDocument[] = []
  let isBroken = false
  for (const outcome of parseAll(text, file)) {
    for (const fault of outcome.faults) {
      isBroken ||= !fault.isHarmless
      const origin = { object: file, path: '', file, ...lines.at(fault.offset) }
      const severity: Severity = fault.isHarmless ? 'warning' : 'error'
      const message = `Cannot read the document at line ${origin.line}, column ${origin.column}: ${fault.words}`
      findings.push({ code: 'YAML_SYNTAX', severity, message, origin })
    }
    for (const document of outcome.documents) {
      const source = createSource(file, text, document, lines)
      const remark = (
        path: readonly (string | number)[],
        code: FindingCode,
        message: string,
        severity?: Severity,
      ): void => {
        const origin = { object: file, path: '', file, ...source.locate(path) }
        findings.push({ code, severity: severity ?? FINDING_CODES[code].severity, message, origin })
      }
      documents.push(...flattenLists(document.raw, source, remark))
    }
  }
  return { documents, findings, isBroken }
}

function parseAll(text: string, file: string): ParseOutcome[] {
  if (/\.json$/i.test(file)) return splitJson(text).map(parseJson)
  if (/^\s*\{/.test(text)) {
    const outcomes = splitJson(text).map(parseJson)
    if (outcomes.every((outcome) => outcome.documents.length === 1)) return outcomes
  }
  return splitYaml(text).map(parseYaml)
}

function createSource(file: string, text: string, document: ParsedDocument, lines: LineIndex): SourceMap {
  return {
    file,
    locate: (path) => lines.at(document.positions.valueAt(path)),
    locateKey: (path) => lines.at(document.positions.keyAt(path)),
    wordAt(path) {
      const word = /[\w.+-]+/y
      word.lastIndex = document.positions.valueAt(path)
      return word.exec(text)?.[0]
    },
  }
}
