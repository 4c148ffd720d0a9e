/** Copies of requests that go to another server, whose answers nobody sees (ingress-nginx, annotations.md: Mirror). */
import { compileTemplate, escapeForUrl, type RequestTemplate } from './request-template.ts'

/** Plain data of the model. */
export interface MirrorConfig {
  readonly backendId: string
  readonly protocol: 'http' | 'https'
  /** Host of the copies. */
  readonly host: string
  /** Path with query of the copies; may hold variables, see `request-template.ts`. */
  readonly target: string
  readonly sendsBody: boolean
}

export interface CompiledMirror<C> {
  readonly cluster: C
  readonly config: MirrorConfig
  /** Origin form. */
  readonly target: RequestTemplate
}

/**
 * @returns `null` where there is nobody to send copies to
 * @throws {TypeError} on a target that dialects refuse
 */
export function compileMirror<C>(
  config: MirrorConfig | undefined,
  clusters: (backendId: string) => C | null,
): CompiledMirror<C> | null {
  const cluster = config === undefined ? null : clusters(config.backendId)
  if (config === undefined || cluster === null) return null
  const template = compileTemplate(config.target)
  if (!template.ok) throw new TypeError(`Cannot fill $${template.unknown}: there is no such variable`)
  return { cluster, config, target: (request) => toOriginForm(escapeForUrl(template.render(request))) }
}

function toOriginForm(path: string): string {
  return path.startsWith('/') ? path : `/${path}`
}
