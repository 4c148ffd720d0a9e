/** Which certificate a host is served with (ingress-nginx, tls.md). */
import { compareText } from '../../base/finding.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { KubeSecret } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { coversHost, readTlsSecret, type TlsSecret } from '../../kube/tls-secret.ts'
import type { Certificate, CertificateTable } from '../../routing/model.ts'
import type { FindingLog } from '../report.ts'
import type { CertificateRequest } from '../translation.ts'
import type { Sourced } from '../nginx/controller-args.ts'
import type { ExtraHosts } from './extra-hosts.ts'
import type { HostDraft, ServedIngress } from './location.ts'

/** Ids of generated certificates begin with what no namespace can be called, so that no Secret's id is equal. */
const GENERATED = '_generated/'
const DEFAULT_CERTIFICATE_ID = `${GENERATED}*`
const DEFAULT_HOST = 'ingress.local'
const SOON_MS = 21 * 86_400_000

export interface CertificateChoice {
  readonly table: CertificateTable
  readonly requests: readonly CertificateRequest[]
  /** Hosts that TLS is on for: plain http may be redirected. */
  readonly tlsHosts: ReadonlySet<string>
}

/** Hosts in any order; the answer is sorted. */
export function chooseCertificates(
  hosts: readonly HostDraft[],
  snapshot: Snapshot,
  nowMs: number,
  log: FindingLog,
  extra: ExtraHosts,
  defaultSecret: Sourced,
): CertificateChoice {
  const chooser = new Chooser(snapshot, nowMs, log, defaultSecret)
  const names = new Set(hosts.map((host) => host.host))
  for (const host of hosts) {
    if (host.host !== '') chooser.chooseFor(host.host, host.members)
    else for (const member of host.members) chooser.chooseForCatchAll(member, names)
  }
  const byName = new Map(hosts.map((host) => [host.host, host]))
  for (const [host, aliases] of extra.aliases) {
    for (const alias of aliases) chooser.chooseForExtra(alias, byName.get(host)?.members ?? [])
  }
  for (const [twin, host] of extra.twins) chooser.chooseForExtra(twin, byName.get(host)?.members ?? [])
  return chooser.finish()
}

class Chooser {
  readonly #snapshot: Snapshot
  readonly #nowMs: number
  readonly #log: FindingLog
  readonly #certificates = new Map<string, Certificate>()
  readonly #requests = new Map<string, CertificateRequest>()
  readonly #bySni = new Map<string, string>()
  readonly #tlsHosts = new Set<string>()
  readonly #datesChecked = new Set<KubeSecret>()

  readonly #defaultId: string

  constructor(snapshot: Snapshot, nowMs: number, log: FindingLog, defaultSecret: Sourced) {
    this.#snapshot = snapshot
    this.#nowMs = nowMs
    this.#log = log
    this.#defaultId = this.#findDefault(defaultSecret) ?? DEFAULT_CERTIFICATE_ID
    if (this.#defaultId !== DEFAULT_CERTIFICATE_ID) return
    const origin = { object: 'default certificate', path: '' }
    this.#requests.set(DEFAULT_CERTIFICATE_ID, { id: DEFAULT_CERTIFICATE_ID, hosts: [DEFAULT_HOST], origin })
  }

  /** `--default-ssl-certificate`. @returns `null` where there is none that can be served */
  #findDefault({ value, origin }: Sourced): string | null {
    if (value === '') return null
    const slash = value.indexOf('/')
    const secret = this.#snapshot.secret(value.slice(0, slash), value.slice(slash + 1))
    if (secret === undefined) {
      const message = `Cannot find TLS Secret ${value} for hosts without a certificate: it does not exist; a generated certificate is served until it does`
      this.#log.report('SECRET_NOT_FOUND', message, origin, undefined, `Secret ${value}`)
      return null
    }
    const result = readTlsSecret(secret)
    if (result.ok) return this.#use(secret, result.value)
    this.#log.adopt(result.findings)
    return null
  }

  /** The oldest member that lists the host, else the oldest with a certificate that covers it, else the default. */
  chooseFor(host: string, members: readonly ServedIngress[]): void {
    for (const member of members) {
      const index = member.ingress.spec.tls.findIndex((entry) => entry.hosts.includes(host))
      if (index === -1) continue
      this.#tlsHosts.add(host)
      this.#bySni.set(host, this.#certificateOf(member, index, host))
      return
    }
    for (const member of members) {
      const covering = this.#findCovering(member, host)
      if (covering === null) continue
      this.#tlsHosts.add(host)
      this.#bySni.set(host, this.#use(covering.secret, covering.value))
      return
    }
    const member = members.find(
      ({ ingress, personality }) => personality.tlsSectionCoversAllHosts && ingress.spec.tls.length > 0,
    )
    if (member === undefined) return
    this.#tlsHosts.add(host)
    this.#bySni.set(host, this.#uncovered(member, host))
  }

  /** An Ingress for all hosts may still list names: their certificates are served to clients that ask for them. */
  chooseForCatchAll(member: ServedIngress, taken: ReadonlySet<string>): void {
    member.ingress.spec.tls.forEach((entry, index) => {
      this.#tlsHosts.add('')
      for (const host of entry.hosts) {
        if (taken.has(host) || this.#bySni.has(host)) continue
        this.#bySni.set(host, this.#certificateOf(member, index, host))
      }
    })
  }

  /** A further name of a host has the certificate that covers it, else the default one. */
  chooseForExtra(name: string, members: readonly ServedIngress[]): void {
    if (this.#bySni.has(name)) return
    for (const member of members) {
      const covering = this.#findCovering(member, name)
      if (covering === null) continue
      this.#bySni.set(name, this.#use(covering.secret, covering.value))
      return
    }
  }

  finish(): CertificateChoice {
    const bySni = [...this.#bySni].map(([name, certificateId]) => ({ name, certificateId }))
    return {
      table: {
        certificates: [...this.#certificates.values()].sort((a, b) => compareText(a.id, b.id)),
        bySni: bySni.sort((a, b) => compareText(a.name, b.name)),
        defaultCertificateId: this.#defaultId,
      },
      requests: [...this.#requests.values()].sort((a, b) => compareText(a.id, b.id)),
      tlsHosts: this.#tlsHosts,
    }
  }

  #findCovering({ ingress }: ServedIngress, host: string): { secret: KubeSecret; value: TlsSecret } | null {
    for (const entry of ingress.spec.tls) {
      const secret =
        entry.secretName === '' ? undefined : this.#snapshot.secret(ingress.meta.namespace, entry.secretName)
      if (secret === undefined) continue
      const result = readTlsSecret(secret)
      if (result.ok && coversHost(result.value.names, host)) return { secret, value: result.value }
    }
    return null
  }

  /** TLS is on for a host that nothing below tls is meant for: rarely what the author wanted. */
  #uncovered(member: ServedIngress, host: string): string {
    const { tls } = member.ingress.spec
    const wildcard = `*${host.slice(host.indexOf('.'))}`
    const index = tls.findIndex((entry) => entry.hosts.includes(wildcard))
    if (index !== -1) return this.#certificateOf(member, index, host)
    this.#log.report(
      'CERTIFICATE_HOST_MISMATCH',
      `Cannot find a certificate for ${host}: spec.tls turns TLS on for all hosts of the Ingress, but no entry lists this one and no ` +
        'certificate covers it; accepted is an entry that lists it, and the default certificate is served until then',
      originOf(member.ingress, 'spec', 'tls'),
    )
    return this.#defaultId
  }

  #certificateOf(member: ServedIngress, index: number, host: string): string {
    const { ingress, personality } = member
    const secretName = ingress.spec.tls[index]?.secretName ?? ''
    if (secretName === '') return this.#defaultId
    const origin = originOf(ingress, 'spec', 'tls', index, 'secretName')
    const secret = this.#snapshot.secret(ingress.meta.namespace, secretName)
    if (secret === undefined) {
      const message = `Cannot find TLS Secret ${ingress.meta.namespace}/${secretName}: it does not exist; a generated certificate is served until it does`
      const absent = `Secret ${ingress.meta.namespace}/${secretName}`
      this.#log.report('SECRET_NOT_FOUND', message, origin, undefined, absent)
      return this.#generate(host, origin)
    }
    const result = readTlsSecret(secret)
    if (!result.ok) {
      this.#log.adopt(result.findings)
      return this.#generate(host, origin)
    }
    const { names } = result.value
    if (!coversHost(names, host)) {
      this.#log.report(
        'CERTIFICATE_HOST_MISMATCH',
        `Cannot serve ${host} with TLS Secret ${ingress.meta.namespace}/${secretName}: its certificate covers ${listNames(names)}; ` +
          `accepted is one that covers ${host}${personality.servesMismatchedCertificate ? '' : ', and the default certificate is served until then'}`,
        origin,
      )
      if (!personality.servesMismatchedCertificate) return this.#defaultId
    }
    return this.#use(secret, result.value)
  }

  #generate(host: string, origin: CertificateRequest['origin']): string {
    const id = `${GENERATED}${host}`
    if (!this.#requests.has(id)) this.#requests.set(id, { id, hosts: [host], origin })
    return id
  }

  #use(secret: KubeSecret, value: TlsSecret): string {
    this.#checkDates(secret, value)
    const id = `${secret.meta.namespace}/${secret.meta.name}`
    if (!this.#certificates.has(id)) {
      this.#certificates.set(id, { id, certPem: value.certPem, keyPem: value.keyPem, origin: originOf(secret) })
    }
    return id
  }

  /** A certificate out of date is served all the same: an old one is better than a stranger's. */
  #checkDates(secret: KubeSecret, { notBefore, notAfter }: TlsSecret): void {
    if (this.#datesChecked.has(secret)) return
    this.#datesChecked.add(secret)
    const origin = originOf(secret, 'data', 'tls.crt')
    const subject = `Cannot rely on the certificate of ${describeObject(secret)}`
    const advice = 'accepted is one that is valid now'
    if (this.#nowMs > notAfter) {
      this.#log.report('CERTIFICATE_EXPIRED', `${subject}: it expired at ${format(notAfter)}; ${advice}`, origin)
    } else if (this.#nowMs < notBefore) {
      this.#log.report(
        'CERTIFICATE_EXPIRED',
        `${subject}: it is not valid before ${format(notBefore)}; ${advice}`,
        origin,
      )
    } else if (notAfter - this.#nowMs < SOON_MS) {
      this.#log.report(
        'CERTIFICATE_EXPIRES_SOON',
        `${subject} for long: it expires at ${format(notAfter)}; renew it before`,
        origin,
      )
    }
  }
}

function format(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'no DNS name'
  return names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ')
}
