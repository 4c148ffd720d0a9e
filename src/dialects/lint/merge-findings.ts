import type { Finding, Severity } from '../../base/finding.ts'

/**
 * Every finding once. Where reading or translating and a cross-check remark on one field with one code, the cross-check
 * knows more of the surroundings and its words are kept, under the worse of the two severities.
 */
export function mergeFindings(first: readonly Finding[], checks: readonly Finding[]): readonly Finding[] {
  const severities = new Map<string, Severity>()
  for (const { severity, ...rest } of first) {
    const place = placeOf(rest)
    if (severity === 'error' || !severities.has(place)) severities.set(place, severity)
  }
  const checked = new Set(checks.map(placeOf))
  const unique = new Map<string, Finding>()
  for (const finding of first) {
    if (!checked.has(placeOf(finding))) unique.set(`${placeOf(finding)}\0${finding.message}`, finding)
  }
  for (const finding of checks) {
    const severity = severities.get(placeOf(finding)) === 'error' ? 'error' : finding.severity
    unique.set(`${placeOf(finding)}\0${finding.message}`, { ...finding, severity })
  }
  return [...unique.values()]
}

function placeOf({ code, origin }: Pick<Finding, 'code' | 'origin'>): string {
  return [code, origin.object, origin.path, origin.file, origin.line, origin.column].join('\0')
}
