/** Findings by the object and field that they are about. */
import type { Finding } from '../base/finding.ts'
import { describeObject, formatPath, type KubeObject } from '../kube/meta.ts'

export interface FindingsByPlace {
  /** About a field itself. */
  at(object: KubeObject, ...path: readonly (string | number)[]): readonly Finding[]
  /** About an object and whatever is in it. */
  of(object: KubeObject): readonly Finding[]
  /** About none of these objects. */
  others(objects: readonly KubeObject[]): readonly Finding[]
}

export function groupFindings(findings: readonly Finding[]): FindingsByPlace {
  const byObject = new Map<string, Finding[]>()
  for (const finding of findings) {
    const list = byObject.get(finding.origin.object)
    if (list === undefined) byObject.set(finding.origin.object, [finding])
    else list.push(finding)
  }
  const of = (object: KubeObject): readonly Finding[] => byObject.get(describeObject(object)) ?? []
  return {
    of,
    at(object, ...path) {
      const wanted = formatPath(object.source?.toWritten?.(path) ?? path)
      return of(object).filter(({ origin }) => origin.path === wanted)
    },
    others(objects) {
      const known = new Set(objects.map(describeObject))
      return findings.filter(({ origin }) => !known.has(origin.object))
    },
  }
}
