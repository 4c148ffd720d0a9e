/** `kind: List` and the lists of one kind (`IngressList`) as the objects they hold, each with its own positions. */
import { isPlainMap } from '../../base/decode.ts'
import type { FindingCode } from '../../base/finding-codes.ts'
import type { Severity } from '../../base/finding.ts'
import type { SourceMap } from '../../kube/meta.ts'

/** One object as written, not yet decoded. */
export interface RawDocument {
  readonly raw: unknown
  readonly source: SourceMap
}

type Path = readonly (string | number)[]
type Remark = (path: Path, code: FindingCode, message: string, severity?: Severity) => void

/** The objects in a document: itself, or what a list holds, nested lists included. */
export function flattenLists(raw: unknown, source: SourceMap, remark: Remark): RawDocument[] {
  return flatten(raw, [], [], source, remark)
}

function flatten(
  raw: unknown,
  path: Path,
  above: readonly unknown[],
  source: SourceMap,
  remark: Remark,
): RawDocument[] {
  if (above.includes(raw)) {
    remark(path, 'YAML_SYNTAX', 'Cannot read the list: it contains itself through an alias; write the objects out')
    return []
  }
  if (Array.isArray(raw) && path.length === 0) {
    const message =
      'Cannot apply the document: a list stands where one object is due, its entries are read here but kubectl refuses ' +
      'them; write "---" between objects, or "kind: List" with items'
    remark(path, 'DOCUMENT_NOT_OBJECT', message, 'warning')
    return raw.flatMap((item: unknown, index) => flatten(item, [index], [raw], source, remark))
  }
  if (!isPlainMap(raw) || !isList(raw)) return [{ raw, source: below(source, path) }]
  const { items } = raw
  const itemsPath = [...path, 'items']
  if (isPlainMap(items)) {
    const first = Object.keys(items)[0] ?? ''
    remark(
      itemsPath,
      'LIST_EXPECTED',
      `Cannot read items: a map is written where a list is due; put "- " before "${first}:"`,
    )
    return flatten(fillKind(items, raw), itemsPath, [...above, raw], source, remark)
  }
  if (!Array.isArray(items)) return []
  return items.flatMap((item: unknown, index) =>
    flatten(fillKind(item, raw), [...itemsPath, index], [...above, raw], source, remark),
  )
}

function isList(raw: Readonly<Record<string, unknown>>): boolean {
  const { kind, items } = raw
  if (typeof kind !== 'string' || !kind.endsWith('List')) return false
  return kind === 'List' || Array.isArray(items) || isPlainMap(items)
}

/** Items of an `IngressList`, as the API server writes it, do not repeat their kind. */
function fillKind(item: unknown, list: Readonly<Record<string, unknown>>): unknown {
  const kind = typeof list['kind'] === 'string' ? list['kind'].slice(0, -'List'.length) : ''
  if (kind === '' || !isPlainMap(item) || 'kind' in item || 'apiVersion' in item) return item
  return { apiVersion: list['apiVersion'], kind, ...item }
}

/** The source of a part of a document. */
function below(source: SourceMap, prefix: Path): SourceMap {
  if (prefix.length === 0) return source
  return {
    file: source.file,
    locate: (path) => source.locate([...prefix, ...path]),
    locateKey: (path) => source.locateKey([...prefix, ...path]),
    wordAt: (path) => source.wordAt?.([...prefix, ...path]),
  }
}
