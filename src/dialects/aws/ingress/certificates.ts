/**
 * Certificates of a group's HTTPS listeners: ARNs that are named, else those of ACM that cover the hosts,
 * else the TLS Secrets of `spec.tls`, which are imported into ACM.
 */
import type { ImportedCertificate, Ref, Tags } from '../../../aws/stack/model.ts'
import type { InventoryCertificate } from '../../../aws/stack/inventory.ts'
import { problemOfCertificate } from '../certificate-arn.ts'
import { compareText, type Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import { coversHost } from '../../../kube/tls-secret.ts'
import { withParams, type GroupContext } from './group-context.ts'
import { importableSecret } from './import-secret.ts'
import type { GroupPorts } from './listen-ports.ts'
import type { LoadedMember } from './load-groups.ts'

/** What one member brings to the listeners that it is on. */
export interface MemberCertificates {
  readonly member: LoadedMember
  /** The first one is the default where the member comes first. */
  readonly certificates: readonly Ref[]
  /** Named and not known, perhaps because they are a moment old: AWS decides, for each of them alone. */
  readonly unknown: readonly Ref[]
  /** Named, and AWS will refuse them: better asked for than a listener taken away. */
  readonly refused: readonly Ref[]
  readonly imported: readonly ImportedCertificate[]
}

/** In group order. Members without HTTPS ports bring nothing. */
export function readCertificates(
  context: GroupContext,
  { members }: GroupPorts,
  tagsOf: (member: LoadedMember) => Tags,
): readonly MemberCertificates[] {
  return members.map(({ member, ports }) => {
    reportRequests(member, context)
    if (ports.some(({ protocol }) => protocol === 'HTTPS')) return certificatesOf(member, context, tagsOf(member))
    if (member.ingress.spec.tls.some(({ secretName }) => secretName !== '') && ports.length > 0) {
      const message = `spec.tls of ${member.name} has no effect: its load balancer listens for HTTP only; write listen-ports: '[{"HTTP": 80}, {"HTTPS": 443}]'`
      context.report('AWS_SETTING_IDLE', message, originOf(member.ingress, 'spec', 'tls'))
    }
    return { ...NOTHING, member }
  })
}

const NOTHING: Omit<MemberCertificates, 'member'> = { certificates: [], unknown: [], refused: [], imported: [] }

/**
 * Of one listener, from the members that are on it. First = default: the first of the first member; the others sorted.
 * The default is one that is known to be good, if there is one. Those that AWS will refuse are only there where there is no
 * other: it then keeps what the listener had.
 */
export function listenerCertificates(ofMembers: readonly MemberCertificates[]): readonly Ref[] {
  const wished = [
    ...ofMembers.flatMap(({ certificates }) => certificates),
    ...ofMembers.flatMap(({ unknown }) => unknown),
  ]
  const [first, ...others] = wished.length > 0 ? wished : ofMembers.flatMap(({ refused }) => refused)
  if (first === undefined) return []
  const unique = new Map(others.map((ref) => [keyOf(ref), ref]))
  unique.delete(keyOf(first))
  return [first, ...[...unique].sort(([a], [b]) => compareText(a, b)).map(([, ref]) => ref)]
}

function keyOf(ref: Ref): string {
  return typeof ref === 'string' ? ref : ref.ref
}

function certificatesOf(member: LoadedMember, context: GroupContext, tags: Tags): MemberCertificates {
  const named = withParams(
    member,
    'certificateArn',
    ['certificateArn'],
    context.reader.list([member.ingress], 'certificate-arn'),
    (value) => value,
  )
  if (named.kind === 'value') {
    const usable = [...new Set(named.value)].filter((arn) => {
      const problem = problemOfCertificate(arn, context.options.inventory)
      if (problem === null) return true
      context.report(
        'AWS_CERTIFICATE_MISSING',
        `Cannot use the certificate ${arn} of ${named.name}: ${problem}`,
        named.origin,
      )
      return false
    })
    const { certificates: known, region } = context.options.inventory
    const isUnknown = (arn: string): boolean =>
      (region === '' || arn.split(':')[3] === region) && !known.some((one) => one.arn === arn)
    const rest = [...new Set(named.value)].filter((arn) => !usable.includes(arn))
    const refused = rest.filter((arn) => !isUnknown(arn))
    return { member, certificates: usable, unknown: rest.filter(isUnknown), refused, imported: [] }
  }
  const hosts = hostsOf(member)
  if (context.unread.needs('certificates', originOf(member.ingress))) {
    // What is wrong with Secrets is wrong all the same.
    if (context.options.importsSecrets) importFor(member, hosts, hosts.length === 0, context, tags)
    return { ...NOTHING, member }
  }
  const known = context.options.inventory.certificates
    .filter(({ status, isImported }) => (status === undefined || status === 'ISSUED') && isImported !== true)
    .toSorted((a, b) => compareText(a.arn, b.arn))
  const discovered = known.filter(({ domainNames }) => hosts.some(({ host }) => coversHost(lowered(domainNames), host)))
  const uncovered = hosts.filter(({ host }) => !discovered.some((one) => coversHost(lowered(one.domainNames), host)))
  const imported = context.options.importsSecrets ? importFor(member, uncovered, hosts.length === 0, context, tags) : []
  const missing = uncovered.filter(({ host }) => !imported.some(({ domainNames }) => coversHost(domainNames, host)))
  for (const { host, origin } of missing) {
    context.report('AWS_CERTIFICATE_MISSING', missingMessage(host, known, context), origin)
  }
  return {
    member,
    certificates: [
      ...discovered.map(({ arn }) => arn),
      ...imported.map(({ id }): Ref => ({ ref: `Certificate/${id}` })),
    ],
    unknown: [],
    refused: [],
    imported,
  }
}

interface HostAt {
  readonly host: string
  readonly origin: Origin
}

/** Hosts of rules and of `spec.tls`, each once. */
function hostsOf({ ingress }: LoadedMember): readonly HostAt[] {
  const hosts = new Map<string, Origin>()
  const add = (host: string, origin: Origin): void => {
    if (host !== '' && !hosts.has(host.toLowerCase())) hosts.set(host.toLowerCase(), origin)
  }
  for (const [index, { host }] of ingress.spec.rules.entries())
    add(host, originOf(ingress, 'spec', 'rules', index, 'host'))
  for (const [index, tls] of ingress.spec.tls.entries()) {
    for (const [place, host] of tls.hosts.entries()) add(host, originOf(ingress, 'spec', 'tls', index, 'hosts', place))
  }
  return [...hosts].map(([host, origin]) => ({ host, origin }))
}

/** Secrets that cover a host that nothing else covers; every Secret where the Ingress has no host at all. */
function importFor(
  member: LoadedMember,
  uncovered: readonly HostAt[],
  hasNoHosts: boolean,
  context: GroupContext,
  tags: Tags,
): readonly ImportedCertificate[] {
  const imported = new Map<string, ImportedCertificate>()
  if (uncovered.length === 0 && !hasNoHosts) return []
  for (const [index, { secretName }] of member.ingress.spec.tls.entries()) {
    if (secretName === '') continue
    const origin = originOf(member.ingress, 'spec', 'tls', index, 'secretName')
    const certificate = importableSecret(member.ingress.meta.namespace, secretName, tags, origin, context)
    if (certificate === null) continue
    const isNeeded = hasNoHosts || uncovered.some(({ host }) => coversHost(certificate.domainNames, host))
    if (isNeeded) imported.set(certificate.id, certificate)
  }
  return [...imported.values()]
}

function missingMessage(host: string, known: readonly InventoryCertificate[], { options }: GroupContext): string {
  const looked =
    known.length === 0
      ? 'no certificate of ACM is known'
      : `none of the ${known.length} certificates issued in ACM covers it`
  const secret = options.importsSecrets ? ', and no Secret of spec.tls does' : ''
  return `Cannot serve HTTPS for ${host}: ${looked}${secret}; issue one in ACM, name it in certificate-arn${options.importsSecrets ? ' or put it into a TLS Secret' : ''}`
}

function lowered(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase())
}

/** Annotations that ask the controller of before to request certificates. */
function reportRequests({ ingress }: LoadedMember, { reader, report }: GroupContext): void {
  const readings = [reader.bool([ingress], 'create-acm-cert'), reader.text([ingress], 'acm-pca-arn')]
  for (const reading of readings) {
    if (reading.kind !== 'value' || reading.value === false) continue
    const message = `Cannot use annotation ${reading.name}: certificates are not requested from ACM here; request it yourself (it is then found by its hosts), or put one into a TLS Secret of spec.tls, which is imported`
    report('ANNOTATION_UNSUPPORTED', message, reading.origin)
  }
}
