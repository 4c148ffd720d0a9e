/** Backends of an ALB's rules: Services, and actions written as annotations (elbv2 CreateRule, Action). */
import type { Origin } from '../../base/finding.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress, IngressBackend } from '../../kube/objects.ts'
import { type JsonObject, parseJson, textOf, toObject } from '../annotations/json-value.ts'
import type { LocationTarget } from '../ingress/location.ts'
import type { Report } from '../report.ts'

const PREFIX = 'alb.ingress.kubernetes.io/'
/** The port name that stands for an action. */
const USE_ANNOTATION = 'use-annotation'

/** What a backend means. Actions that this proxy cannot play answer 503, with a finding. */
export function toAlbTarget(
  ingress: Ingress,
  backend: IngressBackend,
  backendField: readonly (string | number)[],
  report: Report,
): LocationTarget {
  if (backend.kind !== 'service') return { kind: 'backend', backend }
  const conditions = `${PREFIX}conditions.${backend.name}`
  if (ingress.meta.annotations[conditions] !== undefined) {
    return refuse(
      conditions,
      'this proxy checks no conditions, an ALB does',
      originOf(ingress, 'metadata', 'annotations', conditions),
      report,
    )
  }
  if (backend.port.kind !== 'name' || backend.port.name !== USE_ANNOTATION) return { kind: 'backend', backend }
  const name = `${PREFIX}actions.${backend.name}`
  const text = ingress.meta.annotations[name]
  if (text === undefined) {
    const nameField = ingress.isLegacyVersion ? ['serviceName'] : ['service', 'name']
    report(
      'ACTION_NOT_FOUND',
      `Cannot use the action ${backend.name} of ${describeObject(ingress)}: it has no annotation ${name}; accepted is JSON with a type`,
      originOf(ingress, ...backendField, ...nameField),
    )
    return respond(503, 'text/plain', 'Backend does not exist')
  }
  return readAction(name, text, originOf(ingress, 'metadata', 'annotations', name), report)
}

function readAction(name: string, text: string, origin: Origin, report: Report): LocationTarget {
  const json = parseJson(text)
  const action = json.ok ? toObject(json.value) : null
  // Broken actions are remarked on by lint, which knows their whole schema; the route answers 503.
  if (action === null) return unavailable()
  switch (textOf(action, 'type') ?? '') {
    case 'redirect':
      return readRedirect(name, toObject(action.get('redirectconfig')), origin, report)
    case 'fixed-response':
      return readFixedResponse(toObject(action.get('fixedresponseconfig')))
    case 'forward':
      return readForward(name, action, origin, report)
    default:
      return unavailable()
  }
}

function readRedirect(name: string, config: JsonObject | null, origin: Origin, report: Report): LocationTarget {
  const code = config === null ? undefined : textOf(config, 'statusCode')
  if (config === null || (code !== 'HTTP_301' && code !== 'HTTP_302')) return unavailable()
  const status = code === 'HTTP_301' ? 301 : 302
  const protocol = kept(config, 'protocol', '#{protocol}').toLowerCase()
  const host = kept(config, 'host', '#{host}')
  const port = kept(config, 'port', '#{port}')
  const path = kept(config, 'path', '/#{path}')
  const query = textOf(config, 'query') ?? '#{query}'
  const keepsTarget = host === '' && path === '' && query === '#{query}'
  if (protocol === 'https' && keepsTarget && (port === '' || port === '443')) return { kind: 'https-redirect', status }
  const isLiteral =
    protocol !== '' && host !== '' && path !== '' && ![host, port, path, query].some((part) => part.includes('#{'))
  if (!isLiteral) {
    return refuse(
      name,
      'this proxy plays no redirect that keeps parts of the URL, other than to https alone; an ALB does',
      origin,
      report,
    )
  }
  const isDefaultPort = port === '' || port === (protocol === 'https' ? '443' : '80')
  const location = `${protocol}://${host}${isDefaultPort ? '' : `:${port}`}${path}${query === '' ? '' : `?${query}`}`
  // A Location is one header value; nothing that ends it may pass.
  if (!/^[\x21-\x7e]+$/.test(location)) return unavailable()
  return { kind: 'redirect', status, location }
}

/** The value, or empty when it is absent or its own placeholder. */
function kept(config: JsonObject, key: string, placeholder: string): string {
  const value = textOf(config, key) ?? ''
  return value === placeholder ? '' : value
}

function readFixedResponse(config: JsonObject | null): LocationTarget {
  const status = config === null ? undefined : textOf(config, 'statusCode')
  if (config === null || status === undefined || !/^[245]\d\d$/.test(status)) return unavailable()
  const contentType = textOf(config, 'contentType') ?? 'text/plain'
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(contentType)) return unavailable()
  return respond(Number(status), contentType, textOf(config, 'messageBody') ?? '')
}

function readForward(name: string, action: JsonObject, origin: Origin, report: Report): LocationTarget {
  const groups = toObject(action.get('forwardconfig'))?.get('targetgroups')
  const group = Array.isArray(groups) && groups.length === 1 ? toObject(groups[0]) : null
  const service = group === null ? undefined : textOf(group, 'serviceName')
  const port = group === null ? undefined : textOf(group, 'servicePort')
  if (service === undefined || port === undefined) {
    return refuse(
      name,
      'this proxy forwards to one Service alone, an ALB to several and to target groups',
      origin,
      report,
    )
  }
  const ref = /^\d+$/.test(port)
    ? ({ kind: 'number', number: Number(port) } as const)
    : ({ kind: 'name', name: port } as const)
  return { kind: 'backend', backend: { kind: 'service', name: service, port: ref } }
}

function refuse(name: string, state: string, origin: Origin, report: Report): LocationTarget {
  report('ANNOTATION_UNSUPPORTED', `Cannot play ${name}: ${state}; its paths answer 503 here`, origin, 'error')
  return unavailable()
}

function unavailable(): LocationTarget {
  return respond(503, 'text/plain', '503 Service Temporarily Unavailable\n')
}

function respond(status: number, contentType: string, body: string): LocationTarget {
  return { kind: 'respond', answer: { status, contentType: body === '' ? '' : contentType, body } }
}
