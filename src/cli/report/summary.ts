import type { Finding, Severity } from '../../base/finding.ts'

const WORDS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>

/** The word that people read for a severity: `info` is a note. */
export function severityWord(severity: Severity): string {
  return WORDS[severity]
}

/**
 * `2 errors, 1 warning, 3 notes in 4 files`, without the kinds that did not occur; `nothing to remark` for none.
 *
 * @param fileCount `null` for a cluster
 */
export function formatSummary(findings: readonly Finding[], fileCount: number | null): string {
  const counts = (['error', 'warning', 'info'] as const)
    .map((severity) => ({ severity, count: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => plural(count, WORDS[severity]))
  return `${counts.length === 0 ? 'nothing to remark' : counts.join(', ')} in ${fileCount === null ? 'the cluster' : plural(fileCount, 'file')}`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
