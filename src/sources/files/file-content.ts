/** One file to decoded objects. */
import type { Finding } from '../../base/finding.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../kube/objects.ts'
import { readDocuments } from './read-documents.ts'

export interface FileContent {
  readonly objects: readonly AnyObject[]
  readonly findings: readonly Finding[]
  /** Objects of kinds that Genkan does not read. */
  readonly keptAside: number
  /** True when part of the file is not valid YAML or JSON, or the file cannot be read. */
  readonly isBroken: boolean
}

/** Objects of one file may have this many positions, see {@link KubeObject.order}. */
export const ORDERS_PER_FILE = 2 ** 22

/**
 * Decodes all objects of a file's text. Never throws.
 *
 * @param rank place of the file among all files; objects are ordered by it, then by their place in the file
 */
export function readContent(text: string, file: string, rank: number): FileContent {
  const { documents, findings, isBroken } = readDocuments(text, file)
  const objects: AnyObject[] = []
  const all: Finding[] = [...findings]
  let keptAside = 0
  documents.forEach(({ raw, source }, index) => {
    const decoded = decodeObject(raw, source, rank * ORDERS_PER_FILE + index)
    if (decoded.object !== null) objects.push(decoded.object, ...decoded.others)
    if (decoded.isKeptAside) keptAside++
    for (const finding of decoded.findings) all.push(finding)
  })
  return { objects, findings: all, keptAside, isBroken }
}
