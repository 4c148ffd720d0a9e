import { FINDING_CODES, type FindingCode } from './finding-codes.ts'
import type { Finding, Origin, Severity } from './finding.ts'

/** A finding with its code's usual severity, or another where the case at hand is better or worse. */
export function remark(code: FindingCode, origin: Origin, message: string, severity?: Severity): Finding {
  return { code, severity: severity ?? FINDING_CODES[code].severity, message, origin }
}
