/** What is said about TLS values that are taken only in part. */
import { decodeCiphers, decodeVersions, OLD_VERSIONS, unknownCiphers } from './tls-values.ts'

/** What a list that was taken holds that has no effect; `null` = nothing. @param name of annotation or key */
export function idleParts(name: string, value: string): string | null {
  if (name === 'ssl-ciphers' || name === 'proxy-ssl-ciphers') {
    const unknown = decodeCiphers(value).ok ? unknownCiphers(value) : []
    return unknown.length === 0 ? null : `OpenSSL does not know ${unknown.slice(0, 8).join(', ')}; the others are used`
  }
  if (name === 'ssl-protocols' || name === 'proxy-ssl-protocols') {
    if (!decodeVersions(value).ok) return null
    const old = value.split(/\s+/).filter((word) => OLD_VERSIONS.has(word))
    return old.length === 0 ? null : `${old.join(', ')} must not be used any more (RFC 8996); the others are`
  }
  return null
}
