/** A source map that answers in written positions for paths into the decoded object. */
import { toWrittenPath } from '../../base/decode-list.ts'
import type { ListMove } from '../../base/decode.ts'
import type { SourceMap } from '../meta.ts'

/** Wraps a source map when the decoder moved list entries; returns it unchanged otherwise. */
export function toWrittenSource(source: SourceMap, moves: ReadonlyMap<string, ListMove>): SourceMap {
  if (moves.size === 0) return source
  const toWritten = (path: readonly (string | number)[]) => toWrittenPath(moves, path)
  return {
    file: source.file,
    locate: (path) => source.locate(toWritten(path)),
    locateKey: (path) => source.locateKey(toWritten(path)),
    wordAt: (path) => source.wordAt?.(toWritten(path)),
    toWritten,
  }
}
