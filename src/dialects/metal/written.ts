/** One object of MetalLB's kinds as it was written, whether in a custom resource or in the older ConfigMap. */
import { FINDING_CODES, type FindingCode } from '../../base/finding-codes.ts'
import type { Finding, Origin, Severity } from '../../base/finding.ts'
import { formatPath, type KubeObject, originOf } from '../../kube/meta.ts'
import type { FieldPath } from '../../base/decode.ts'

export interface Written<Spec> {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly namespace: string
  readonly spec: Spec
  readonly isLegacy: boolean
  /** Where a field of the spec is, by its name in the custom resource; the whole object without a path. */
  at(...path: FieldPath): Origin
}

/** A custom resource. */
export function toWritten<Spec>(object: KubeObject & { readonly spec: Spec }): Written<Spec> {
  const { name, namespace, labels, annotations } = object.meta
  const at = (...path: FieldPath): Origin => (path.length === 0 ? originOf(object) : originOf(object, 'spec', ...path))
  return { name, namespace, labels, annotations, spec: object.spec, isLegacy: false, at }
}

/** Remarks about a configuration. */
export class MetalRemarks {
  readonly findings: Finding[] = []

  /** Records `Cannot use <field>: <state>`. */
  add(code: FindingCode, origin: Origin, state: string, severity: Severity = FINDING_CODES[code].severity): void {
    this.findings.push({ code, severity, message: messageOf(origin, state), origin })
  }

  /** The same about what names an object that is not there. @param absent `Kind namespace/name` */
  addAbsent(code: FindingCode, origin: Origin, state: string, absent: string): void {
    const { severity } = FINDING_CODES[code]
    this.findings.push({ code, severity, message: messageOf(origin, state), origin, absent })
  }

  get count(): number {
    return this.findings.length
  }
}

function messageOf({ object, path }: Origin, state: string): string {
  return `Cannot use ${path === '' ? object : path}: ${state}`
}

/** Path of a field within the text of a ConfigMap. */
export function pathInConfigMap(key: string, path: FieldPath): string {
  const inner = formatPath(path)
  return `${formatPath(['data', key])}${inner === '' ? '' : `: ${inner}`}`
}
