/** How dialects collect findings: the code's usual severity unless said otherwise, each remark once. */
import { FINDING_CODES, type FindingCode } from '../base/finding-codes.ts'
import type { Finding, Origin, Severity } from '../base/finding.ts'

/**
 * @param message `Cannot <action> <thing>: <state>; <what would be accepted>`
 * @param absent `Kind namespace/name` of what is not there, if that is the state
 */
export type Report = (code: FindingCode, message: string, origin: Origin, severity?: Severity, absent?: string) => void

export interface FindingLog {
  readonly report: Report
  /** Takes findings that others made, each object once. */
  adopt(findings: readonly Finding[]): void
  readonly findings: readonly Finding[]
}

export function createFindingLog(): FindingLog {
  const findings: Finding[] = []
  const seen = new Set<string>()
  const adopted = new Set<Finding>()
  return {
    findings,
    report(code, message, origin, severity = FINDING_CODES[code].severity, absent = '') {
      const key = `${code}\0${origin.object}\0${origin.path}\0${message}`
      if (seen.has(key)) return
      seen.add(key)
      findings.push({ code, severity, message, origin, ...(absent === '' ? {} : { absent }) })
    },
    adopt(others) {
      for (const finding of others) {
        if (adopted.has(finding)) continue
        adopted.add(finding)
        findings.push(finding)
      }
    },
  }
}
