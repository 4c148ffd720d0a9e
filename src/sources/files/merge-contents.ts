/** The objects of all files as one set: each object once, the later in file order. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { AnyObject } from '../../kube/objects.ts'
import type { FileContent } from './file-content.ts'

export interface FilesState {
  /** In file order, without duplicates. */
  readonly objects: readonly AnyObject[]
  readonly findings: readonly Finding[]
  /** How many objects are of kinds that Genkan does not read. */
  readonly keptAside: number
}

/** Joins the contents of files, given in file order, and remarks on objects that are written twice. */
export function mergeContents(contents: readonly FileContent[], otherFindings: readonly Finding[]): FilesState {
  const objects = new Map<string, AnyObject>()
  const findings: Finding[] = [...otherFindings]
  let keptAside = 0
  for (const content of contents) {
    keptAside += content.keptAside
    for (const finding of content.findings) findings.push(finding)
    for (const object of content.objects) {
      const name = describeObject(object)
      const earlier = objects.get(name)
      if (earlier !== undefined) findings.push(remarkDuplicate(name, object, earlier))
      objects.delete(name)
      objects.set(name, object)
    }
  }
  return { objects: [...objects.values()], findings, keptAside }
}

function remarkDuplicate(name: string, object: AnyObject, earlier: AnyObject): Finding {
  const { file, line } = originOf(earlier, 'metadata', 'name')
  const place = file === undefined ? 'before' : `in ${file}, line ${line}`
  const message = `Cannot use both ${name}: it is also written ${place}; the one here is used, remove one of them`
  return remark('OBJECT_DUPLICATE', originOf(object, 'metadata', 'name'), message)
}
