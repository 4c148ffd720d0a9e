/** Redirects of an ALB that lead to a port on which nobody listens, and listeners that vanish by accident. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { AlbListener } from '../annotations/alb-listeners.ts'
import { ALB_PREFIX, albActionsOf, albAnnotation, albGroupOf, albListenersOf, isAlbIngress } from './alb.ts'

/** Raises ALB_REDIRECT_WITHOUT_HTTPS and ALB_HTTP_NOT_LISTENED. */
export function checkAlbListeners(snapshot: Snapshot): readonly Finding[] {
  return snapshot.ingresses
    .filter((ingress) => isAlbIngress(snapshot, ingress))
    .flatMap((ingress) => {
      const listeners = albListenersOf(snapshot, albGroupOf(snapshot, ingress))
      return [
        ...(listeners === null ? [] : findRedirects(ingress, listeners)),
        ...findLostHttp(ingress, listeners ?? []),
      ]
    })
}

function findRedirects(ingress: Ingress, listeners: readonly AlbListener[]): readonly Finding[] {
  const findings: Finding[] = []
  for (const { key, name, action } of albActionsOf(ingress)) {
    if (action?.kind !== 'redirect' || action.protocol !== 'HTTPS' || action.host !== '') continue
    // Without a port the browser stays on the port it came to, so any HTTPS listener may be meant.
    const port = action.port === '' ? null : Number(action.port)
    if (hasHttps(listeners, port)) continue
    const message = `Cannot follow the redirect ${name}: ${describe(listeners, port)}`
    findings.push(remark('ALB_REDIRECT_WITHOUT_HTTPS', originOf(ingress, 'metadata', 'annotations', key), message))
  }
  const redirect = albAnnotation(ingress, 'ssl-redirect')
  if (redirect !== undefined && /^\d+$/.test(redirect) && !hasHttps(listeners, Number(redirect))) {
    const origin = originOf(ingress, 'metadata', 'annotations', `${ALB_PREFIX}ssl-redirect`)
    const message = `Cannot follow the redirect of ssl-redirect: ${describe(listeners, Number(redirect))}`
    findings.push(remark('ALB_REDIRECT_WITHOUT_HTTPS', origin, message))
  }
  return findings
}

function findLostHttp(ingress: Ingress, listeners: readonly AlbListener[]): readonly Finding[] {
  const certificate = albAnnotation(ingress, 'certificate-arn') ?? ''
  const isListedElsewhere = listeners.some((listener) => listener.protocol === 'HTTP')
  if (certificate === '' || albAnnotation(ingress, 'listen-ports') !== undefined || isListedElsewhere) return []
  const origin = originOfKey(ingress, 'metadata', 'annotations', `${ALB_PREFIX}certificate-arn`)
  const message =
    'Cannot reach the ALB over HTTP: certificate-arn without listen-ports leaves HTTPS 443 only; write ' +
    'listen-ports: \'[{"HTTP": 80}, {"HTTPS": 443}]\' to keep port 80, or [{"HTTPS": 443}] to say that it is meant'
  return [remark('ALB_HTTP_NOT_LISTENED', origin, message)]
}

function hasHttps(listeners: readonly AlbListener[], port: number | null): boolean {
  return listeners.some((listener) => listener.protocol === 'HTTPS' && (port === null || listener.port === port))
}

function describe(listeners: readonly AlbListener[], port: number | null): string {
  const listed = listeners.map((listener) => `${listener.protocol} ${listener.port}`).join(', ')
  const target = port === null ? 'HTTPS' : `HTTPS ${port}`
  return `the ALB listens on ${listed} and not on ${target}; add {"HTTPS": ${port ?? 443}} to listen-ports`
}
