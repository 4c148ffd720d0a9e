/** URLs of authentication services, taken apart once. Host and path may hold variables (ingress-nginx, annotations.md). */
import { compileTemplate, TEMPLATE_VARIABLES } from './request-template.ts'

export interface AuthUrl {
  readonly scheme: 'http' | 'https'
  /** Name or address, brackets of IPv6 literals kept; with variables only where {@link isHostVariable}. */
  readonly host: string
  readonly port: number
  /** Path and query; begins with `/`. May hold variables. */
  readonly path: string
  /** True when the host depends on the request. */
  readonly isHostVariable: boolean
}

export type AuthUrlResult =
  | { readonly ok: true; readonly value: AuthUrl }
  | { readonly ok: false; readonly accepted: string }

/** Their port does not count: who asks must not choose which server says yes. */
const HOST_VARIABLES: ReadonlySet<string> = new Set(['host', 'http_host', 'best_http_host'])

export function parseAuthUrl(text: string): AuthUrlResult {
  const match = /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[\w.${}-]+)(?::(\d{1,5}))?([/?][^#\s]*)?$/i.exec(text)
  const port = Number(match?.[3] ?? (match?.[1]?.toLowerCase() === 'https' ? 443 : 80))
  if (match === null || port < 1 || port > 65_535) {
    return { ok: false, accepted: 'a URL such as http://auth.tools.svc.cluster.local/check, without user and fragment' }
  }
  const host = match[2] ?? ''
  const path = match[4] ?? '/'
  const hostTemplate = compileTemplate(host)
  const pathTemplate = compileTemplate(path)
  if (!hostTemplate.ok || !pathTemplate.ok)
    return { ok: false, accepted: `URLs with the variables ${TEMPLATE_VARIABLES}` }
  if (!hostTemplate.variables.every((name) => HOST_VARIABLES.has(name)) || /[{}]/.test(stripVariables(host))) {
    return { ok: false, accepted: 'a host without variables, or $host' }
  }
  const scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http'
  const isHostVariable = hostTemplate.variables.length > 0
  return {
    ok: true,
    value: { scheme, host, port, path: path.startsWith('/') ? path : `/${path}`, isHostVariable },
  }
}

function stripVariables(text: string): string {
  return text.replaceAll(/\$(?:\{\w+\}|\w+)/g, '')
}
