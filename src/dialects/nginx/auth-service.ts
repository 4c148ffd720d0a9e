/** The gate that asks an authentication service: whom it asks, with which headers (ingress-nginx, annotations.md). */
import { originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { type AuthUrl, parseAuthUrl } from '../../routing/auth-url.ts'
import type { ExternalAuthConfig } from '../../routing/gate-config.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { ExternalAuthText } from '../ingress/auth-settings.ts'
import { type AuthContext, type Deny, splitName } from './auth-context.ts'
import { decodeTemplate, isSettableHeader } from './auth-values.ts'

/** @param isLocal false for the service that the ConfigMap names for all */
export function toExternalGate(
  ingress: Ingress,
  text: ExternalAuthText,
  isLocal: boolean,
  allowsOtherNamespaces: boolean,
  context: AuthContext,
  deny: Deny,
): ExternalAuthConfig | null {
  const url = parseAuthUrl(text.url)
  if (!url.ok) throw new TypeError(`Unchecked auth URL ${text.url}`)
  const { rules, defaultBackend } = ingress.spec
  if (url.value.isHostVariable && (rules.some(({ host }) => host === '') || (rules.length === 0 && defaultBackend))) {
    return deny(
      'auth-url',
      'its host is that of the request, and a rule takes every host: a client would choose who lets it in; name the host of the service or of the rule',
    )
  }
  const requestHeaders = readRequestHeaders(ingress, text, allowsOtherNamespaces, context, deny)
  if (requestHeaders === null) return null
  const backendId = findBackend(ingress, url.value, isLocal, context, deny)
  if (backendId === null) return null
  const { requestHeadersFrom: _, ...rest } = text
  return { kind: 'external-auth', ...rest, backendId, requestHeaders, cacheScope: '' }
}

/** The ConfigMap of `auth-proxy-set-headers`. Values may hold variables. */
function readRequestHeaders(
  ingress: Ingress,
  { requestHeadersFrom }: ExternalAuthText,
  allowsOtherNamespaces: boolean,
  { snapshot }: AuthContext,
  deny: Deny,
): ExternalAuthConfig['requestHeaders'] | null {
  if (requestHeadersFrom === '') return []
  const annotation = 'auth-proxy-set-headers'
  const [namespace, name] = splitName(requestHeadersFrom, ingress.meta.namespace)
  if (namespace !== ingress.meta.namespace && !allowsOtherNamespaces) {
    return deny(
      annotation,
      `ConfigMap ${namespace}/${name} is in another namespace, which the ConfigMap of the controller must allow with allow-cross-namespace-resources`,
    )
  }
  const configMap = snapshot.configMap(namespace, name)
  if (configMap === undefined) {
    const absent = `ConfigMap ${namespace}/${name}`
    return deny(annotation, `${absent} does not exist`, absent)
  }
  const headers = Object.keys(configMap.data)
    .sort()
    .map((key) => ({ name: key, value: (configMap.data[key] ?? '').trim() }))
  for (const header of headers) {
    const isName = isSettableHeader(header.name.toLowerCase())
    if (!isName)
      return deny(
        annotation,
        `${JSON.stringify(header.name)} in ConfigMap ${namespace}/${name} is no header that can be set`,
      )
    const value = decodeTemplate(header.value)
    if (!value.ok || /[^\t\x20-\x7e]/.test(header.value)) {
      const accepted = value.ok ? 'one line of ASCII text' : value.accepted
      return deny(
        annotation,
        `the value of ${header.name} in ConfigMap ${namespace}/${name} cannot be used; accepted is ${accepted}`,
      )
    }
  }
  return headers
}

/**
 * A host that names a Service becomes a backend of the model, so that its endpoints follow the Snapshot and work where
 * no cluster DNS is. @returns empty for DNS, `null` when denied
 */
function findBackend(
  ingress: Ingress,
  url: AuthUrl,
  isLocal: boolean,
  context: AuthContext,
  deny: Deny,
): string | null {
  const match = /^([a-z0-9][-a-z0-9]*)\.([a-z0-9][-a-z0-9]*)\.svc(?:\.cluster\.local)?\.?$/i.exec(url.host)
  if (match === null) return ''
  const [namespace, name] = [(match[2] ?? '').toLowerCase(), (match[1] ?? '').toLowerCase()]
  const service = context.snapshot.service(namespace, name)
  const annotation = isLocal ? 'auth-url' : 'enable-global-auth'
  if (service === undefined) {
    context.report(
      'SERVICE_NOT_FOUND',
      `Cannot find Service ${namespace}/${name}, which decides who is let in: it does not exist here, so DNS is asked; without an answer requests get 500`,
      originOf(ingress, 'metadata', 'annotations', NGINX.prefix + annotation),
      'warning',
      `Service ${namespace}/${name}`,
    )
    return ''
  }
  const backendId = context.backends.resolveNumber(service, url.port)
  if (backendId !== null) return backendId
  // A headless name resolves to pods, whose ports need not be the Service's.
  if (service.spec.clusterIp === 'None') return ''
  return deny(annotation, `Service ${namespace}/${name}, which it asks, has no port ${url.port}`)
}
