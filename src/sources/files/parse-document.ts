/** One YAML or JSON document to plain data with positions. Data is read as Kubernetes reads it: YAML 1.1 words. */
import { type Document, type ErrorCode, parseAllDocuments, Schema } from 'yaml'
import { createPositionTable, type PositionTable } from './position-table.ts'
import type { Slice } from './split-documents.ts'
import { findExcess } from './excess.ts'
import { findJsonFault } from './json-fault.ts'
import { describeYamlFault } from './syntax-words.ts'

/** A mistake in the text, at an offset of the file. */
interface SyntaxFault {
  readonly offset: number
  readonly words: string
  /** True when the document can still be used. */
  readonly isHarmless: boolean
}

export interface ParsedDocument {
  readonly raw: unknown
  readonly positions: PositionTable
}

export interface ParseOutcome {
  readonly documents: readonly ParsedDocument[]
  readonly faults: readonly SyntaxFault[]
}

/** Repeated aliases beyond this are taken for an attempt to exhaust memory. */
const MAX_ALIASES = 1000
const MAX_DUPLICATES = 20
/** A document of nothing at all; parsing one costs as much as parsing ten lines. */
const BLANK = /^(?:---)?\s*$/

/**
 * kubectl reads YAML 1.1 booleans and octals (`yes` is true) but no base-60 numbers, dates or binary, which would turn
 * `12:30` into 750. One schema for all documents: making one for each costs more than parsing a small document.
 */
const SCHEMA = new Schema({
  schema: 'yaml-1.1',
  resolveKnownTags: false,
  customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isForeignTag(tag)),
})
const OPTIONS = { schema: SCHEMA, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const

/** Parses one YAML document; nothing in it (empty, comments) gives no document and no fault. Never throws. */
export function parseYaml(slice: Slice): ParseOutcome {
  const documents: ParsedDocument[] = []
  const faults: SyntaxFault[] = []
  if (slice.text.length < 100 && BLANK.test(slice.text)) return { documents, faults }
  const excess = findExcess(slice.text)
  if (excess !== null) {
    faults.push({ offset: slice.start + excess.offset, words: excess.words, isHarmless: false })
    return { documents, faults }
  }
  try {
    for (const document of parseAllDocuments(slice.text, OPTIONS)) {
      const parsed = toPlain(document, slice, faults)
      if (parsed !== null) documents.push(parsed)
    }
  } catch (error) {
    faults.push({ offset: slice.start, words: describeThrown(error), isHarmless: false })
  }
  return { documents, faults }
}

/** Parses one JSON value. Never throws. */
export function parseJson(slice: Slice): ParseOutcome {
  let raw: unknown
  try {
    raw = JSON.parse(slice.text)
  } catch {
    const { offset, words } = findJsonFault(slice.text)
    return { documents: [], faults: [{ offset: slice.start + offset, words, isHarmless: false }] }
  }
  if (findExcess(slice.text) !== null) return { documents: [{ raw, positions: onlyStart(slice.start) }], faults: [] }
  try {
    // JSON is YAML, but for tabs as white space; valid JSON has no bare tab inside a string.
    const yaml = parseAllDocuments(slice.text.replaceAll('\t', ' '), OPTIONS)[0]
    const faults: SyntaxFault[] = []
    const positions = yaml === undefined ? undefined : readPositions(yaml, slice.start, faults)
    if (faults.length > 0) return { documents: [], faults }
    return { documents: [{ raw, positions: positions ?? onlyStart(slice.start) }], faults }
  } catch {
    return { documents: [{ raw, positions: onlyStart(slice.start) }], faults: [] }
  }
}

function toPlain(document: Document.Parsed, slice: Slice, faults: SyntaxFault[]): ParsedDocument | null {
  const isTemplate = slice.text.includes('{{')
  const toFault = (
    problem: { code: ErrorCode; message: string; pos: [number, number] },
    isHarmless: boolean,
  ): SyntaxFault => {
    const words = describeYamlFault(problem.code, problem.message.startsWith('Flow'), isTemplate)
    return { offset: slice.start + problem.pos[0], words, isHarmless }
  }
  // Whatever follows the first error is mostly its consequence.
  const [error] = document.errors
  if (error !== undefined) {
    faults.push(toFault(error, false))
    return null
  }
  for (const warning of document.warnings) faults.push(toFault(warning, true))
  const before = faults.length
  const positions = readPositions(document, slice.start, faults)
  if (positions === undefined || faults.length > before) return null
  const raw: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
  return raw === null || raw === undefined ? null : { raw, positions }
}

function readPositions(document: Document.Parsed, start: number, faults: SyntaxFault[]): PositionTable | undefined {
  const root = document.contents
  if (root === null) return undefined
  const { table, duplicates } = createPositionTable(root, start)
  for (const { key, offset } of duplicates.slice(0, MAX_DUPLICATES)) {
    const words = `the key ${JSON.stringify(key.slice(0, 100))} is written twice in one map; remove one of them`
    faults.push({ offset, words, isHarmless: false })
  }
  return table
}

function onlyStart(start: number): PositionTable {
  return { valueAt: () => start, keyAt: () => start }
}

function isForeignTag(tag: { readonly tag: string; readonly format?: string }): boolean {
  return tag.format === 'TIME' || /:(?:timestamp|binary|omap|pairs|set)$/.test(tag.tag)
}

function describeThrown(error: unknown): string {
  const isAliases = error instanceof ReferenceError && error.message.startsWith('Excessive alias')
  if (isAliases) return `aliases (*name) repeat more than ${MAX_ALIASES} values; write the values out`
  return 'the document cannot be read: an alias is wrong, or lists and maps are nested too deep'
}
