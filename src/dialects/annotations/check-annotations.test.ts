import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { KubeObject } from '../../kube/meta.ts'
import { metaOf } from '../../kube/testing/plain-objects.ts'
import { checkAnnotations } from './check-annotations.ts'
import { VOCABULARIES } from './registry.ts'

function object(kind: string, annotations: Readonly<Record<string, string>>): KubeObject {
  return { kind, meta: metaOf('web', { namespace: 'app', annotations }), order: 0 }
}

/** `CODE message` of the only finding, or `none`. */
function only(kind: string, name: string, value: string): string {
  const findings = checkAnnotations(object(kind, { [name]: value }))
  assert.ok(findings.length <= 1)
  return findings[0] === undefined ? 'none' : `${findings[0].severity} ${findings[0].code} ${findings[0].message}`
}

const ALB = 'alb.ingress.kubernetes.io/'
const NGINX = 'nginx.ingress.kubernetes.io/'
const SERVICE = 'service.beta.kubernetes.io/aws-load-balancer-'

/** Kind, name, value, and how the finding begins and what it has to name. */
const MISTAKES: readonly (readonly [string, string, string, string, string])[] = [
  ['Service', `${ALB}healthcheck-path/`, '/api/health', 'warning ANNOTATION_UNKNOWN', `${ALB}healthcheck-path`],
  ['Service', 'alb-ingress.kubernetes.io/target-type', 'ip', 'warning ANNOTATION_UNKNOWN', `${ALB}target-type`],
  ['Ingress', `${ALB}successCodes`, '200', 'info ANNOTATION_LEGACY', `${ALB}success-codes`],
  ['Ingress', `${ALB}web-acl-id`, 'x', 'info ANNOTATION_LEGACY', `${ALB}waf-acl-id`],
  ['Ingress', `${ALB}connection-idle-timeout`, '60', 'info ANNOTATION_LEGACY', 'idle_timeout.timeout_seconds'],
  ['Ingress', `${ALB}connection-idle-timeout`, '5000', 'warning ANNOTATION_VALUE', 'idle_timeout.timeout_seconds'],
  ['Ingress', `${ALB}port`, '8080', 'info ANNOTATION_LEGACY', 'listen-ports'],
  ['Ingress', `${ALB}port`, 'web', 'warning ANNOTATION_VALUE', 'listen-ports'],
  ['Ingress', `${ALB}ignore-host-header`, 'true', 'info ANNOTATION_LEGACY', 'leave the host'],
  ['Ingress', `${ALB}healthcheck-interval`, '5', 'warning ANNOTATION_UNKNOWN', `${ALB}healthcheck-interval-seconds`],
  ['Ingress', `${ALB}action.ssl-redirect`, '{}', 'warning ANNOTATION_UNKNOWN', `${ALB}actions.ssl-redirect`],
  ['Ingress', `${ALB}scheme`, 'internet_facing', 'warning ANNOTATION_VALUE', '"internet-facing"'],
  ['Ingress', `${ALB}subnets`, '', 'warning ANNOTATION_VALUE', 'empty'],
  ['Ingress', `${ALB}group.order`, '2000', 'warning ANNOTATION_VALUE', '-1000 to 1000'],
  ['Ingress', `${ALB}listen-ports`, '[{"http":80}]', 'warning ANNOTATION_VALUE', 'in capitals'],
  ['Service', `${ALB}scheme`, 'internal', 'warning ANNOTATION_MISPLACED', 'on a Service'],
  ['Ingress', `${SERVICE}internal`, 'true', 'warning ANNOTATION_MISPLACED', 'on an Ingress'],
  ['Service', `${SERVICE}internal`, 'yes', 'warning ANNOTATION_VALUE', '"true" or "false"'],
  ['Service', `${SERVICE}tpye`, 'nlb', 'warning ANNOTATION_UNKNOWN', `${SERVICE}type`],
  ['Service', `${SERVICE}connection-idle-timeout`, '60s', 'warning ANNOTATION_VALUE', 'without a unit'],
  ['Ingress', `${NGINX}rewite-target`, '/', 'warning ANNOTATION_UNKNOWN', `${NGINX}rewrite-target`],
  ['Ingress', 'nginx.ingress.kubernets.io/ssl-redirect', 'x', 'warning ANNOTATION_UNKNOWN', `${NGINX}ssl-redirect`],
  ['Ingress', 'nginx.kubernetes.io/ssl-redirect', 'true', 'warning ANNOTATION_UNKNOWN', `${NGINX}ssl-redirect`],
  ['Ingress', 'rewrite-target', '/', 'warning ANNOTATION_UNKNOWN', `${NGINX}rewrite-target`],
  ['Ingress', `${NGINX}healthcheck-path`, '/', 'warning ANNOTATION_UNKNOWN', `${ALB}healthcheck-path`],
  ['Ingress', `${NGINX}whitelist-source-range`, 'x', 'info ANNOTATION_LEGACY', `${NGINX}allowlist-source-range`],
  ['Ingress', `${NGINX}secure-backends`, 'true', 'warning ANNOTATION_LEGACY', 'backend-protocol: "HTTPS"'],
  ['Deployment', `${NGINX}ssl-redirect`, 'true', 'warning ANNOTATION_MISPLACED', 'on a Deployment'],
  ['Ingress', 'ingress.kubernetes.io/rewrite-target', '/', 'warning ANNOTATION_LEGACY', `${NGINX}rewrite-target`],
  ['Ingress', 'ingress.kubernetes.io/ingress', 'nginx', 'warning ANNOTATION_UNKNOWN', 'spec.ingressClassName'],
  ['Ingress', 'kubernetes.io/ingress-class', 'alb', 'warning ANNOTATION_UNKNOWN', 'kubernetes.io/ingress.class'],
  ['Ingress', 'contour.heptio.com/num-retries', '3', 'warning ANNOTATION_LEGACY', 'projectcontour.io/num-retries'],
  [
    'Ingress',
    'projectcontour.io/request-timeout',
    '5s',
    'info ANNOTATION_LEGACY',
    'projectcontour.io/response-timeout',
  ],
  ['Ingress', 'projectcontour.io/response-timeout', '5', 'warning ANNOTATION_VALUE', '"30s"'],
  ['Ingress', 'nginx.org/rewrites', 'x', 'info ANNOTATION_FOREIGN', 'F5'],
  ['Ingress', 'traefik.frontend.rule.type', 'PathPrefixStrip', 'info ANNOTATION_FOREIGN', 'Traefik 1'],
  ['Ingress', 'ingress.gcp.kubernetes.io/pre-shared-cert', 'c', 'info ANNOTATION_FOREIGN', 'Google'],
  ['Ingress', 'ingress.kubernetes.io/auth-type', 'basic', 'warning ANNOTATION_LEGACY', 'served without it'],
]

for (const [kind, name, value, begin, named] of MISTAKES) {
  test(`${name}: ${JSON.stringify(value)} on a ${kind} is remarked on and the message names ${named}`, () => {
    const text = only(kind, name, value)
    assert.ok(text.startsWith(`${begin} `), text)
    assert.ok(text.includes(named), text)
  })
}

/** Right values, and names that are somebody else's business. */
const FINE: readonly (readonly [string, string, string])[] = [
  ['Ingress', `${ALB}listen-ports`, '[{"HTTP":80,"HTTPS": 443}]'],
  ['Ingress', `${ALB}listen-ports`, '[{"HTTP": 80}, {"HTTPS":443}]'],
  ['Ingress', `${ALB}certificate-arn`, 'arn:aws:acm:region:account-id:certificate/certificate-id'],
  [
    'Ingress',
    `${ALB}actions.ssl-redirect`,
    '{"Type": "redirect", "RedirectConfig": { "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}',
  ],
  ['Service', `${ALB}healthcheck-path`, '/api/health'],
  ['Service', `${ALB}target-type`, 'ip'],
  ['Service', `${SERVICE}type`, 'nlb'],
  ['Service', `${SERVICE}internal`, 'true'],
  ['Service', `${SERVICE}internal`, '0.0.0.0/0'],
  ['Service', `${SERVICE}target-group-attributes.80`, 'a=b,c=d\\,e'],
  ['Service', 'service.beta.kubernetes.io/azure-load-balancer-internal', 'true'],
  ['Service', 'service.beta.kubernetes.io/oci-load-balancer-internal', 'true'],
  ['Service', 'service.kubernetes.io/topology-mode', 'Auto'],
  ['Service', 'metallb.universe.tf/address-pool', 'default'],
  ['Service', 'projectcontour.io/upstream-protocol.h2c', 'http,8080'],
  ['Ingress', 'kubernetes.io/ingress.class', 'nginx'],
  ['Ingress', 'ingress.kubernetes.io/force-ssl-redirect', 'true'],
  ['Ingress', 'ingress.kubernetes.io/backends', '{}'],
  ['Ingress', 'cert-manager.io/cluster-issuer', 'letsencrypt'],
  ['Ingress', 'external-dns.alpha.kubernetes.io/hostname', 'a.example.com'],
  ['Ingress', 'kubectl.kubernetes.io/last-applied-configuration', '{}'],
  ['Ingress', 'meta.helm.sh/release-name', 'x'],
  ['Ingress', 'example.com/owner', 'me'],
  ['Ingress', 'owner', 'me'],
  ['Ingress', `${NGINX}ssl-redirect`, 'judged by the nginx dialect'],
  ['Deployment', 'deployment.kubernetes.io/revision', '1'],
  ['IngressClass', 'ingressclass.kubernetes.io/is-default-class', 'true'],
]

for (const [kind, name, value] of FINE) {
  test(`${name}: ${value} on a ${kind} passes`, () => {
    assert.equal(only(kind, name, value), 'none')
  })
}

test('a row read on an object passes there whatever its vocabulary, and no name suggests itself', () => {
  for (const vocabulary of VOCABULARIES) {
    for (const row of vocabulary.rows) {
      const name = `${vocabulary.prefix}${row.name.replace(/\*$/, 'x')}`
      for (const finding of checkAnnotations(object(row.on[0] ?? '', { [name]: 'x' }))) {
        assert.equal(finding.code, 'ANNOTATION_VALUE', name)
      }
    }
  }
})

test('anything at all can be an annotation', () => {
  const prefix = fc.oneof(fc.constantFrom(...VOCABULARIES.map((one) => one.prefix)), fc.string({ unit: 'binary' }))
  const names = VOCABULARIES.flatMap((one) => one.rows.map((row) => row.name))
  const name = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary' }))
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.json())
  fc.assert(
    fc.property(fc.constantFrom('Ingress', 'Service'), prefix, name, value, (kind, prefix, name, value) => {
      checkAnnotations(object(kind, { [`${prefix}${name}`]: value }))
    }),
    { numRuns: 500 },
  )
})
