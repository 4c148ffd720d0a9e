/** The door through which regular expressions enter the model. */
import type { Origin } from '../../base/finding.ts'
import { compileLinearRegex } from '../../base/linear-regex.ts'
import { toByteString } from '../../routing/path-match.ts'
import type { Report } from '../report.ts'

/**
 * True when the expression may be used as a path match. It is checked alone, so that a stray parenthesis cannot reach
 * around the anchor that the data plane puts before it, and once more as the data plane will write it, in bytes.
 */
export function admitRegex(source: string, caseInsensitive: boolean, origin: Origin, report: Report): boolean {
  const bytes = toByteString(source)
  const alone = compileLinearRegex(bytes, caseInsensitive)
  const refusal = 'error' in alone ? alone : compileLinearRegex(`^(?:${bytes})`, caseInsensitive)
  if (!('error' in refusal)) return true
  const code = refusal.reason === 'syntax' ? 'REGEX_INVALID' : 'REGEX_NOT_LINEAR'
  report(code, `Cannot use the regular expression ${quote(source)}: ${refusal.error}`, origin)
  return false
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)
}
