/** Findings of writing Gateway API objects: what differs, what has no equal, what is left out. Each once for a place. */
import { FINDING_CODES } from '../../base/finding-codes.ts'
import type { Finding, Origin } from '../../base/finding.ts'

type Code = 'GATEWAY_DIFFERS' | 'GATEWAY_LEFT_OUT' | 'GATEWAY_NO_EQUAL'

export interface Remarks {
  readonly findings: readonly Finding[]
  /** Written, and not quite the same. */
  differs(origin: Origin, message: string): void
  /** Not written; requests are served without it. */
  noEqual(origin: Origin, message: string): void
  /** A rule that is not written, because requests must not be served without what it lacks. */
  leftOut(origin: Origin, message: string): void
}

export function createRemarks(): Remarks {
  const findings: Finding[] = []
  const seen = new Set<string>()
  const add = (code: Code, origin: Origin, message: string): void => {
    const key = `${code}\0${origin.object}\0${message}`
    if (seen.has(key)) return
    seen.add(key)
    findings.push({ code, severity: FINDING_CODES[code].severity, message, origin })
  }
  return {
    findings,
    differs: (origin, message) => add('GATEWAY_DIFFERS', origin, message),
    noEqual: (origin, message) => add('GATEWAY_NO_EQUAL', origin, message),
    leftOut: (origin, message) => add('GATEWAY_LEFT_OUT', origin, message),
  }
}
