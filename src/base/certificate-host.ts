/**
 * Names that a certificate can be made for: DNS names, one-label wildcards (RFC 6125 6.4.3) and IP addresses.
 */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

export interface CertificateHost {
  /** Subject alternative name type (RFC 5280 4.2.1.6). */
  readonly type: 'dns' | 'ip'
  /** Lower-case ASCII without trailing dot; addresses without brackets. */
  readonly value: string
}

export type CertificateHostResult =
  | { readonly ok: true; readonly host: CertificateHost }
  | { readonly ok: false; readonly message: string }

const ACCEPTED = 'accepted are names such as shop.example.com, wildcards such as *.example.com, and IP addresses'
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one host as a person writes it: any case, trailing dot, IPv6 in brackets and international names are fine.
 * The message of a refusal says what is wrong with it and what would be accepted.
 */
export function parseCertificateHost(text: string): CertificateHostResult {
  const trimmed = text.trim().replace(/\.$/, '')
  const unbracketed = trimmed.startsWith('[') && trimmed.endsWith(']') ? trimmed.slice(1, -1) : trimmed
  if (isIP(unbracketed) !== 0 && !unbracketed.includes('%')) {
    return { ok: true, host: { type: 'ip', value: unbracketed.toLowerCase() } }
  }
  const problem = findShapeProblem(trimmed)
  if (problem !== null) return refuse(text, problem)

  const isWildcard = trimmed.startsWith('*.')
  const name = toAsciiName(isWildcard ? trimmed.slice(2) : trimmed)
  if (name === '') return refuse(text, `it is not a DNS name; ${ACCEPTED}`)
  const value = isWildcard ? `*.${name}` : name
  if (value.length > 253)
    return refuse(text, 'it is longer than the 253 characters that DNS allows; use a shorter name')
  if (/(^|\.)\d+$/.test(name)) return refuse(text, `it ends in a number but is not an IPv4 address; ${ACCEPTED}`)
  const badLabel = name.split('.').find((label) => !LABEL.test(label))
  if (badLabel !== undefined) return refuse(text, describeLabel(badLabel))
  return { ok: true, host: { type: 'dns', value } }
}

/** What people paste by mistake, named before the general checks say something less helpful. */
function findShapeProblem(text: string): string | null {
  if (text === '') return `it is empty; ${ACCEPTED}`
  const url = /^[a-z][a-z0-9+.-]*:\/\/([^/?#:]*)/i.exec(text)
  if (url !== null) return `it is a URL; give the host alone${url[1] ? `: ${url[1]}` : ''}`
  if (text.includes('/')) return `it has a path or range; ${ACCEPTED}`
  const port = /^([^:]+):\d+$/.exec(text)
  if (port !== null) return `a certificate has no port; give the host alone: ${port[1]}`
  if (text.slice(1).includes('*') || (text.includes('*') && !text.startsWith('*.'))) {
    return 'a wildcard stands for exactly one label, at the front; accepted is *. followed by a name'
  }
  return null
}

/** International names become their xn-- form; ASCII is kept as written, so that the label check sees it. */
function toAsciiName(name: string): string {
  const isAscii = /^[\x20-\x7e]*$/.test(name)
  return isAscii ? name.toLowerCase() : domainToASCII(name)
}

function describeLabel(label: string): string {
  if (label === '') return 'it has an empty label (two dots in a row, or a dot at the front); remove the dot'
  if (label.length > 63) return `its label ${label} is longer than the 63 characters that DNS allows; use a shorter one`
  return `its label ${label} has characters other than letters, digits and inner hyphens; ${ACCEPTED}`
}

function refuse(text: string, reason: string): CertificateHostResult {
  return { ok: false, message: `Cannot make a certificate for "${text}": ${reason}` }
}
