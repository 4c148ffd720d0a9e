/** The text of one file to Kubernetes documents: multi-document YAML, JSON, `kind: List`, with positions. */
import type { FindingCode } from '../../base/finding-codes.ts'
import { FINDING_CODES } from '../../base/finding-codes.ts'
import type { Finding, Severity } from '../../base/finding.ts'
import type { SourceMap } from '../../kube/meta.ts'
import { flattenLists, type RawDocument } from './flatten-lists.ts'
import { createLineIndex, type LineIndex } from './line-index.ts'
import { type ParsedDocument, type ParseOutcome, parseJson, parseYaml } from './parse-document.ts'
import { splitJson, splitYaml } from './split-documents.ts'

/** Beyond this many mistakes a file is not a manifest, and the rest of it is not read. */
const MAX_FAULTS = 1000

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
  let faultCount = 0
  for (const outcome of parseAll(text, file)) {
    faultCount += outcome.faults.length
    if (faultCount > MAX_FAULTS) {
      const message = `Cannot read the rest of ${file}: it has more than ${MAX_FAULTS} mistakes; is it a manifest?`
      findings.push({ code: 'YAML_SYNTAX', severity: 'error', message, origin: { object: file, path: '', file } })
      break
    }
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

/** One by one, so that what was read of a document is free before the next. */
function* parseAll(text: string, file: string): Iterable<ParseOutcome> {
  const slices = /\.json$/i.test(file) || isJsonThroughout(text) ? splitJson(text) : null
  if (slices !== null) for (const slice of slices) yield parseJson(slice)
  else for (const slice of splitYaml(text)) yield parseYaml(slice)
}

function isJsonThroughout(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false
  try {
    for (const slice of splitJson(text)) JSON.parse(slice.text)
    return true
  } catch {
    return false
  }
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
