/** What the controller knows about itself, under ingress-nginx's metric names (docs/metrics.md). */
import { formatFamily, type Labels, type MetricFamily } from '../proxy/metrics/exposition.ts'

/** Plain state that the controller keeps; this file only prints it. */
export interface ControllerFacts {
  /** Configurations applied, and refused or failed, since the start. */
  readonly applied: number
  readonly failed: number
  /** A number that changes with the configuration, below 2^53. */
  readonly configHash: number
  readonly isLastApplySuccessful: boolean
  /** Milliseconds since the epoch of the last success; 0 before the first. */
  readonly lastSuccessMs: number
  /** How often each Ingress was read without and with errors. */
  readonly checks: readonly {
    readonly namespace: string
    readonly ingress: string
    readonly successes: number
    readonly errors: number
  }[]
  /** Ingresses whose backend leads nowhere. */
  readonly orphans: readonly {
    readonly namespace: string
    readonly ingress: string
    readonly type: 'no-service' | 'no-endpoint'
  }[]
  readonly certificates: readonly CertificateFacts[]
  /** In a cluster: whether this replica leads by that Lease. */
  readonly leadership?: { readonly lease: string; readonly isLeader: boolean }
  /** In a cluster: for how long what is served may be out of date, and kinds that may not be read. */
  readonly cluster?: { readonly staleSeconds: number; readonly forbidden: readonly string[] }
  readonly build: { readonly release: string; readonly build: string; readonly repository: string }
}

export interface CertificateFacts {
  readonly host: string
  readonly namespace: string
  readonly secretName: string
  /** Tells certificates of one Secret apart: serial number and end. */
  readonly identifier: string
  readonly issuerOrganization: string
  readonly issuerCommonName: string
  /** Decimal. */
  readonly serialNumber: string
  /** `RSA`, `ECDSA` and the like. */
  readonly publicKeyAlgorithm: string
  /** Milliseconds since the epoch. */
  readonly notAfterMs: number
}

const PREFIX = 'nginx_ingress_controller_'

/** @returns Prometheus text */
export function formatControllerMetrics(facts: ControllerFacts, constLabels: Labels): string {
  const one = (type: MetricFamily['type'], name: string, help: string, value: number): string =>
    formatFamily({ name: PREFIX + name, help, type }, [[constLabels, value]])
  const { release, build, repository } = facts.build
  return (
    one('counter', 'success', 'Configurations applied', facts.applied) +
    one('counter', 'errors', 'Configurations that could not be applied', facts.failed) +
    one('gauge', 'config_hash', 'Hash of the running configuration', facts.configHash) +
    one(
      'gauge',
      'config_last_reload_successful',
      'Whether the last configuration was applied',
      facts.isLastApplySuccessful ? 1 : 0,
    ) +
    one(
      'gauge',
      'config_last_reload_successful_timestamp_seconds',
      'When a configuration was last applied, seconds since the epoch',
      facts.lastSuccessMs / 1000,
    ) +
    formatFamily({ name: `${PREFIX}build_info`, help: 'Version of this program; always 1', type: 'gauge' }, [
      [{ ...constLabels, release, build, repository }, 1],
    ]) +
    formatFamily(
      { name: `${PREFIX}leader_election_status`, help: 'Whether this replica leads by that Lease', type: 'gauge' },
      facts.leadership === undefined
        ? []
        : [[{ ...constLabels, name: facts.leadership.lease }, facts.leadership.isLeader ? 1 : 0]],
    ) +
    formatCluster(facts.cluster, constLabels) +
    formatFamily(
      { name: `${PREFIX}orphan_ingress`, help: 'Ingresses whose backend has no Service or no endpoint', type: 'gauge' },
      facts.orphans.map((orphan) => [{ ...constLabels, ...orphan }, 1]),
    ) +
    formatFamily(
      {
        name: `${PREFIX}ssl_expire_time_seconds`,
        help: 'When a certificate expires, seconds since the epoch',
        type: 'gauge',
      },
      facts.certificates.map((certificate) => [
        certificateLabels(certificate, constLabels),
        Math.floor(certificate.notAfterMs / 1000),
      ]),
    ) +
    formatFamily(
      { name: `${PREFIX}ssl_certificate_info`, help: 'What is known of a certificate; always 1', type: 'gauge' },
      facts.certificates.map((certificate) => [
        {
          ...certificateLabels(certificate, constLabels),
          issuer_common_name: certificate.issuerCommonName,
          issuer_organization: certificate.issuerOrganization,
          public_key_algorithm: certificate.publicKeyAlgorithm,
          serial_number: certificate.serialNumber,
        },
        1,
      ]),
    ) +
    formatChecks('check_success', 'Readings of an Ingress without errors', 'successes', facts, constLabels) +
    formatChecks('check_errors', 'Readings of an Ingress with errors', 'errors', facts, constLabels)
  )
}

function formatCluster(cluster: ControllerFacts['cluster'], constLabels: Labels): string {
  if (cluster === undefined) return ''
  const stale = 'For how long the API server could not be read; 0 while all is current'
  return (
    formatFamily({ name: 'genkan_cluster_stale_seconds', help: stale, type: 'gauge' }, [
      [constLabels, cluster.staleSeconds],
    ]) +
    formatFamily(
      { name: 'genkan_cluster_forbidden', help: 'Kinds that this identity may not read; always 1', type: 'gauge' },
      cluster.forbidden.map((kind) => [{ ...constLabels, kind }, 1]),
    )
  )
}

/** An Ingress that never had one has no series. */
function formatChecks(
  name: string,
  help: string,
  key: 'successes' | 'errors',
  { checks }: ControllerFacts,
  constLabels: Labels,
): string {
  return formatFamily(
    { name: PREFIX + name, help, type: 'counter' },
    checks
      .filter((check) => check[key] > 0)
      .map((check) => [{ ...constLabels, namespace: check.namespace, ingress: check.ingress }, check[key]]),
  )
}

function certificateLabels(certificate: CertificateFacts, constLabels: Labels): Labels {
  return {
    class: constLabels['controller_class'] ?? '',
    host: certificate.host,
    identifier: certificate.identifier,
    namespace: certificate.namespace,
    secret_name: certificate.secretName,
  }
}
