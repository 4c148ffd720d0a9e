/**
 * A finding is a coded, located remark about something a user wrote. Nothing a user writes may throw,
 * and nothing a user writes may be silently ignored: whatever cannot be honoured becomes a finding.
 */
import type { FindingCode } from './finding-codes.ts'

export type Severity = 'error' | 'warning' | 'info'

/** Where a remark or a resource comes from: the object, the field in it, and the file position if it was a file. */
export interface Origin {
  /** `Kind namespace/name`, or `Kind name` for cluster-scoped kinds, or the file's name when no object could be read. */
  readonly object: string
  /** Field path such as `spec.rules[0].http.paths[1].path`; empty for the object as a whole. */
  readonly path: string
  readonly file?: string
  /** One-based. */
  readonly line?: number
  /** One-based. */
  readonly column?: number
}

export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** `Cannot <action> <thing>: <state>; <what would be accepted>`, without a final period. */
  readonly message: string
  readonly origin: Origin
  /** `Kind namespace/name` of the object that is not there, where that is what the finding is about. */
  readonly absent?: string
}

const RANK = { error: 0, warning: 1, info: 2 } as const satisfies Record<Severity, number>

/** Orders by file, line, column, then severity, code and message, so that output is the same on every run. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.origin.file ?? '', b.origin.file ?? '') ||
    (a.origin.line ?? 0) - (b.origin.line ?? 0) ||
    (a.origin.column ?? 0) - (b.origin.column ?? 0) ||
    RANK[a.severity] - RANK[b.severity] ||
    compareText(a.origin.object, b.origin.object) ||
    compareText(a.origin.path, b.origin.path) ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  )
}

/** Orders text by UTF-16 code unit, independent of locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** True when any finding is at least as bad as `severity`. */
export function hasSeverity(findings: readonly Finding[], severity: Severity): boolean {
  return findings.some((finding) => RANK[finding.severity] <= RANK[severity])
}
