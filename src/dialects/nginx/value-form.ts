/** What no annotation's value may be, whatever it means: empty, of several lines, binary, or longer than any use has. */
import { findNginxRow } from '../annotations/nginx.ts'

const LONGEST_VALUE = 4096

/** @returns what would be accepted instead, or `null` for a value that is worth reading */
export function checkForm(name: string, value: string): string | null {
  if (value === '') return 'a value'
  if (/[\r\n]/.test(value)) return 'one line'
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for; tabs are white space
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value)) return 'text without control characters'
  return value.length > LONGEST_VALUE && !isListOfAddresses(name) ? `at most ${LONGEST_VALUE} characters` : null
}

/** Lists of addresses may be as long as Kubernetes lets annotations be (256 KiB). */
function isListOfAddresses(name: string): boolean {
  const type = findNginxRow(name)?.value
  return type?.kind === 'list' && type.of.kind === 'cidr'
}
