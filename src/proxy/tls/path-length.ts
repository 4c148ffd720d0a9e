/**
 * How long chains of certificates may be. `node:tls` has no way to say so to OpenSSL, and hides the chain that a client
 * sent; but OpenSSL obeys the path length constraint of a root that it trusts (RFC 5280, 4.2.1.9) and, as nobody vouches for
 * a root but itself, does not check its signature. So roots are handed over with a constraint of their own.
 */
import { X509Certificate } from 'node:crypto'

const SEQUENCE = 0x30
const INTEGER = 0x02
const OCTET_STRING = 0x04
const VERSION = 0xa0
const EXTENSIONS = 0xa3
const VERSION_3 = Buffer.from([VERSION, 0x03, INTEGER, 0x01, 0x02])
/** `2.5.29.19`, critical. */
const BASIC_CONSTRAINTS = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x13])
const TRUE = Buffer.from([0x01, 0x01, 0xff])
/** More is no limit. */
const LONGEST = 100

/**
 * Certificates of authorities, for `ca` of a context.
 *
 * @param pem one certificate or several
 * @param most certificates between a root and one that it vouches for
 * @throws what OpenSSL says about text that is no certificate
 */
export function limitChains(pem: string, most: number): string[] {
  return readCertificates(pem).map((certificate) =>
    certificate.checkIssued(certificate)
      ? toPem(limitPath(certificate.raw, Math.min(most, LONGEST)))
      : certificate.toString(),
  )
}

/** Fingerprints of the certificates themselves: one that is its own issuer may also be a client's or server's own. */
export function fingerprintsOf(pem: string): ReadonlySet<string> {
  return new Set(readCertificates(pem).map((certificate) => certificate.fingerprint256))
}

function readCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[^-]*-----END \1-----/g) ?? []
  return blocks.map((block) => new X509Certificate(block))
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** @param der of a certificate that OpenSSL has read */
function limitPath(der: Buffer, most: number): Buffer {
  const [body, algorithm, signature] = children(der, contentOf(der))
  if (body === undefined || algorithm === undefined || signature === undefined) return der
  const fields = children(body, contentOf(body))
  const wrapped = fields.find((field) => field[0] === EXTENSIONS)
  const list = wrapped === undefined ? undefined : children(wrapped, contentOf(wrapped))[0]
  const extensions = list === undefined ? [] : children(list, contentOf(list))
  const others = extensions.filter((extension) => !isBasicConstraints(extension))
  const own = Math.min(most, ...extensions.filter(isBasicConstraints).map(pathLengthOf))
  const constraint = encode(SEQUENCE, [
    BASIC_CONSTRAINTS,
    TRUE,
    encode(OCTET_STRING, [encode(SEQUENCE, [TRUE, encode(INTEGER, [Buffer.from([own])])])]),
  ])
  const rest = fields.filter((field) => field[0] !== EXTENSIONS && field[0] !== VERSION)
  const limited = encode(EXTENSIONS, [encode(SEQUENCE, [...others, constraint])])
  return encode(SEQUENCE, [encode(SEQUENCE, [VERSION_3, ...rest, limited]), algorithm, signature])
}

function isBasicConstraints(extension: Buffer): boolean {
  return children(extension, contentOf(extension))[0]?.equals(BASIC_CONSTRAINTS) === true
}

/** {@link LONGEST} where there is none. */
function pathLengthOf(extension: Buffer): number {
  const value = children(extension, contentOf(extension)).find((part) => part[0] === OCTET_STRING)
  const constraints = value === undefined ? undefined : children(value, contentOf(value))[0]
  if (constraints === undefined) return LONGEST
  const number = children(constraints, contentOf(constraints)).find((part) => part[0] === INTEGER)
  if (number === undefined) return LONGEST
  const digits = number.subarray(contentOf(number))
  return digits.length === 1 ? Math.min(LONGEST, digits[0] ?? 0) : LONGEST
}

/** Elements of a constructed one (X.690, 8.1). @param from where its content begins */
function children(element: Buffer, from: number): readonly Buffer[] {
  const out: Buffer[] = []
  for (let at = from; at < element.length;) {
    const end = at + contentOf(element.subarray(at)) + lengthOf(element.subarray(at))
    out.push(element.subarray(at, end))
    at = end
  }
  return out
}

/** Bytes of tag and length. */
function contentOf(element: Buffer): number {
  const first = element[1] ?? 0
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}

function lengthOf(element: Buffer): number {
  const first = element[1] ?? 0
  if (first < 0x80) return first
  // OpenSSL has read it: the form is definite and no longer than a file.
  return element.readUIntBE(2, Math.min(4, first & 0x7f))
}

function encode(tag: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x10000
          ? [tag, 0x82, length >> 8, length & 0xff]
          : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}
