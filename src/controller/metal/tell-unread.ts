/** Findings that say of an object that it is not there, where it is and cannot be read for now. Pure. */
import type { Finding } from '../../base/finding.ts'

/** @param whyUnread `null` = it was read, or does not exist */
export function tellUnread(
  findings: readonly Finding[],
  whyUnread: (kind: string, key: string) => string | null,
): readonly Finding[] {
  return findings.map((finding) => {
    const { absent, origin } = finding
    if (absent === undefined) return finding
    const [kind = '', key = ''] = absent.split(' ')
    const why = whyUnread(kind, key)
    if (why === null) return finding
    const field = origin.path === '' ? origin.object : origin.path
    return { ...finding, message: `Cannot use ${field}: ${absent} cannot be read: ${why}; it is tried again` }
  })
}
