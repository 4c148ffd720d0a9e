/** What a listener of one protocol does with a route: logins and gRPC need HTTPS, and nothing leads from HTTPS to HTTP. */
import type { RuleAction } from '../../../../aws/stack/rule.ts'
import type { Finding, Origin } from '../../../../base/finding.ts'
import type { GroupMember, IngressGroup, ListenPort } from '../group.ts'
import type { RoutePlan } from './member-routes.ts'
import { redirectToHttps, unavailable } from './unavailable.ts'

export interface ListenerActions {
  readonly actions: readonly RuleAction[]
  /** They are what the route asks for, so that its transforms are due. */
  readonly isOwn: boolean
  /** To be raised if a rule comes of it. */
  readonly finding: Finding | null
}

/**
 * A route that asks for a login is never served openly on HTTP: it redirects to the member's HTTPS listener, or answers
 * 503 when it has none. (The AWS controller serves it openly there.)
 */
export function toListenerActions(
  { backend, auth }: RoutePlan,
  listener: ListenPort,
  httpsPort: number | null,
  origin: Origin,
): ListenerActions {
  const { action } = backend
  if (listener.protocol === 'HTTPS') {
    if (action.type === 'redirect' && action.protocol === 'HTTP') {
      const message = `Cannot redirect from HTTPS ${listener.port} to HTTP: an ALB refuses it; write HTTPS or #{protocol} as protocol`
      return {
        actions: [unavailable('A redirect from HTTPS to HTTP is not possible')],
        isOwn: false,
        finding: { code: 'AWS_REDIRECT_TO_HTTP', severity: 'error', message, origin },
      }
    }
    return { actions: auth.kind === 'open' ? [action] : [auth.action, action], isOwn: true, finding: null }
  }
  if (auth.kind === 'protected' && !leadsToHttps(action)) {
    if (httpsPort !== null) return { actions: [redirectToHttps(httpsPort)], isOwn: false, finding: null }
    const message =
      `Cannot serve routes with ${auth.name} on HTTP ${listener.port}: a load balancer checks it on HTTPS alone, and the ` +
      'Ingress has no such listener; they answer 503 until listen-ports has {"HTTPS": 443} and there is a certificate'
    return {
      actions: [unavailable('A login is needed, which works over HTTPS alone')],
      isOwn: false,
      finding: { code: 'AWS_AUTH_NEEDS_HTTPS', severity: 'error', message, origin: auth.origin },
    }
  }
  if (backend.isGrpc) {
    const state = httpsPort === null ? 'the Ingress has no HTTPS listener' : `HTTPS ${httpsPort} serves it`
    const message =
      `Cannot forward gRPC from HTTP ${listener.port}: an ALB forwards it from HTTPS alone, and ${state}; ` +
      'the route answers 503 there'
    const severity = httpsPort === null ? 'error' : 'warning'
    return {
      actions: [unavailable('gRPC works over HTTPS alone')],
      isOwn: false,
      finding: { code: 'AWS_GRPC_NEEDS_HTTPS', severity, message, origin },
    }
  }
  return { actions: [action], isOwn: true, finding: null }
}

/** Port of the member's first HTTPS listener, 443 before others; `null` = none. */
export function httpsPortOf(member: GroupMember, group: IngressGroup): number | null {
  const ports = group.ports.filter((port) => port.protocol === 'HTTPS' && listensOn(member, port))
  return (ports.find(({ port }) => port === 443) ?? ports[0])?.port ?? null
}

/** True when the member asked for this port with this protocol. */
export function listensOn(member: GroupMember, { port, protocol }: ListenPort): boolean {
  return member.ports.some((own) => own.port === port && own.protocol === protocol)
}

function leadsToHttps(action: RuleAction): boolean {
  return action.type === 'redirect' && action.protocol === 'HTTPS'
}
