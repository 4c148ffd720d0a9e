/**
 * `genkan cert HOST...`: a certificate as a `kubernetes.io/tls` Secret manifest on standard output.
 *
 * Without authority flags the certificate is self-signed. With `--ca-cert` and `--ca-key`, or with `--create-ca`, it is
 * signed by that authority and the Secret also carries the authority's certificate as `ca.crt`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { parseCertificateHost } from '../base/certificate-host.ts'
import { type CertificatePair, createAuthority, createSelfSigned, createSignedBy } from '../base/certificate.ts'
import { type CommandIo, EXIT_OK, UsageError } from './io.ts'

export interface CertRequest {
  /** DNS names, `*.` wildcards and IP addresses; the first one names the Secret. */
  readonly hosts: readonly string[]
  /** Secret name. Default: first host with dots as hyphens and `-tls`; `*.example.com` gives `wildcard-example-com-tls`. */
  readonly name?: string
  /** Secret namespace. */
  readonly namespace: string
  /** Days of validity. */
  readonly days: number
  /** PEM file of the signing authority's certificate; goes with `caKey`. */
  readonly caCert?: string
  /** PEM file of its private key. */
  readonly caKey?: string
  /** Make an authority first and write PREFIX.crt and PREFIX.key, which must not exist yet. */
  readonly createCa?: string
}

/**
 * Runs the command.
 *
 * @returns exit code 0
 * @throws {UsageError} for hosts, names, flags or files that cannot be used (exit code 2)
 */
export async function runCert(request: CertRequest, io: CommandIo): Promise<number> {
  const name = request.name ?? deriveSecretName(request.hosts)
  checkObjectName('name', name, 253)
  checkObjectName('namespace', request.namespace, 63)
  const authority = await chooseAuthority(request, io)
  const pair = await refusalsAsUsage(() =>
    authority === null
      ? createSelfSigned(request.hosts, { days: request.days })
      : createSignedBy(authority, request.hosts, { days: request.days }),
  )
  warnAboutWideWildcards(request.hosts, io)
  io.stdout.write(await formatSecret(name, request.namespace, pair, authority))
  return EXIT_OK
}

/** `*.example.com` gives `wildcard-example-com-tls`; `::1` gives `1-tls`. */
export function deriveSecretName(hosts: readonly string[]): string {
  const result = parseCertificateHost(hosts[0] ?? '')
  if (!result.ok) throw new UsageError(result.message)
  const stem = result.host.value.replace(/^\*\./, 'wildcard.').replace(/[^a-z0-9]+/g, '-')
  return `${stem.replace(/^-|-$/g, '').slice(0, 249)}-tls`
}

/** Object names are DNS names (Kubernetes: RFC 1123 subdomain; namespaces: a single label). */
function checkObjectName(flag: 'name' | 'namespace', value: string, maxLength: number): void {
  const isSubdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value)
  if (isSubdomain && value.length <= maxLength && (flag === 'name' || !value.includes('.'))) return
  throw new UsageError(
    `Cannot use --${flag} "${value}": Kubernetes would refuse it; accepted are up to ${maxLength} lower-case letters, ` +
      `digits and hyphens${flag === 'name' ? ', with dots between' : ''}`,
  )
}

async function chooseAuthority(request: CertRequest, io: CommandIo): Promise<CertificatePair | null> {
  const { caCert, caKey, createCa } = request
  if (createCa !== undefined) {
    if (caCert !== undefined || caKey !== undefined) {
      throw new UsageError('Cannot use --create-ca with --ca-cert or --ca-key: give a new authority or an existing one')
    }
    // Everything else is checked first, so that a mistyped host leaves no authority behind.
    await refusalsAsUsage(() => createSelfSigned(request.hosts, { days: request.days }))
    return createAuthorityFiles(createCa, io)
  }
  if (caCert === undefined && caKey === undefined) return null
  if (caCert === undefined || caKey === undefined) {
    const missing = caCert === undefined ? '--ca-cert' : '--ca-key'
    throw new UsageError(`Cannot sign: ${missing} is missing; an authority needs both --ca-cert and --ca-key`)
  }
  return { certPem: await readPemFile('--ca-cert', caCert), keyPem: await readPemFile('--ca-key', caKey) }
}

async function createAuthorityFiles(prefix: string, io: CommandIo): Promise<CertificatePair> {
  const stem = prefix.slice(Math.max(prefix.lastIndexOf('/'), prefix.lastIndexOf('\\')) + 1)
  if (stem === '') throw new UsageError(`Cannot use --create-ca "${prefix}": give a file name prefix such as my-ca`)
  const authority = await refusalsAsUsage(() => createAuthority(`${stem} (genkan cert)`))
  await writeNewFile(`${prefix}.key`, authority.keyPem, 0o600)
  await writeNewFile(`${prefix}.crt`, authority.certPem, 0o644)
  io.stderr.write(`Wrote ${prefix}.crt and ${prefix}.key; clients that trust ${prefix}.crt accept this certificate\n`)
  return authority
}

async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { mode, flag: 'wx' })
  } catch (error) {
    const reason = isErrno(error, 'EEXIST')
      ? 'it exists already; give another prefix, or sign with it by --ca-cert and --ca-key'
      : describe(error)
    throw new UsageError(`Cannot write ${path}: ${reason}`, { cause: error })
  }
}

async function readPemFile(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = isErrno(error, 'ENOENT') ? 'no such file; give the path of a PEM file' : describe(error)
    throw new UsageError(`Cannot read ${flag} ${path}: ${reason}`, { cause: error })
  }
}

/** What the certificate maker refuses was typed by the caller. */
async function refusalsAsUsage(make: () => Promise<CertificatePair>): Promise<CertificatePair> {
  try {
    return await make()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

function warnAboutWideWildcards(hosts: readonly string[], io: CommandIo): void {
  for (const host of hosts) {
    if (/^\*\.[^.]+\.?$/.test(host)) {
      io.stderr.write(`Most clients do not accept ${host}: a wildcard needs two labels after it, as in *.example.com\n`)
    }
  }
}

async function formatSecret(
  name: string,
  namespace: string,
  pair: CertificatePair,
  authority: CertificatePair | null,
): Promise<string> {
  const { stringify } = await import('yaml')
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace },
    data: {
      ...(authority === null ? {} : { 'ca.crt': toBase64(authority.certPem) }),
      'tls.crt': toBase64(pair.certPem),
      'tls.key': toBase64(pair.keyPem),
    },
  }
  return stringify(secret, { lineWidth: 0, version: '1.1' })
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
