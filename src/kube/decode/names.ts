/** Names as Kubernetes validates them (RFC 1123 labels and subdomains), with the reason in words when they fail. */
import { isIP } from 'node:net'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** Why a text is not a DNS-1123 label (at most 63 of a-z, 0-9 and "-"), or `null` when it is one. */
export function faultOfLabel(text: string): string | null {
  if (text === '') return 'it is empty'
  if (text.length > 63) return 'it has more than 63 characters'
  return LABEL.test(text) ? null : faultOfCharacters(text)
}

/** Why a text is not a DNS-1123 subdomain (labels joined by ".", at most 253 characters), or `null` when it is one. */
export function faultOfSubdomain(text: string): string | null {
  if (text === '') return 'it is empty'
  if (text.length > 253) return 'it has more than 253 characters'
  if (text.startsWith('.') || text.endsWith('.') || text.includes('..')) return 'it has an empty part around a "."'
  return text.split('.').every((label) => LABEL.test(label)) ? null : faultOfCharacters(text)
}

/** Why a text is not a port name (IANA service name: at most 15, at least one letter), or `null` when it is one. */
export function faultOfPortName(text: string): string | null {
  if (text === '' || text.length > 15) return 'a port name has 1 to 15 characters'
  if (!/[a-z]/.test(text)) return 'a port name has at least one letter a-z'
  if (!LABEL.test(text) || text.includes('--')) return 'a port name has only a-z, 0-9 and single "-" between them'
  return null
}

/** A host of a rule or of TLS: its form to use, or what is wrong with it. */
export type HostCheck =
  | { readonly kind: 'valid'; readonly host: string }
  /** Would be valid in lower case; the API server refuses it, we serve it. */
  | { readonly kind: 'upper-case'; readonly host: string }
  | { readonly kind: 'invalid'; readonly reason: string }

/** Checks a host: a DNS-1123 subdomain, or `*.` before one. Source: NetworkingV1 IngressRule.host. */
export function checkHost(text: string): HostCheck {
  const host = text.toLowerCase()
  const reason = faultOfHost(host)
  if (reason !== null) return { kind: 'invalid', reason }
  return { kind: host === text ? 'valid' : 'upper-case', host }
}

function faultOfHost(host: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(host)) return 'it is a URL; write the host name alone'
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return 'it is an IP address; write a DNS name, or leave host out'
  if (/:\d+$/.test(host)) return 'a port does not belong in a host; remove it'
  if (host.includes('/')) return 'a path does not belong in a host; write it under http.paths'
  if (host.endsWith('.')) return 'a final "." is not accepted; remove it'
  if (!host.includes('*')) return faultOfSubdomain(host)
  if (host === '*') return '"*" alone is not accepted; leave host out to match every host'
  if (!host.startsWith('*.') || host.includes('*', 1))
    return '"*" may only be the whole first label, as in *.example.com'
  return faultOfSubdomain(host.slice(2))
}

function faultOfCharacters(text: string): string {
  if (/\s/.test(text)) return 'it contains white space'
  if (/[A-Z]/.test(text)) return 'upper case is not accepted; write it in lower case'
  if (text.includes('_')) return '"_" is not accepted; use "-"'
  return 'its parts may have only a-z, 0-9 and "-", and begin and end with a letter or digit'
}
