/** Typed replacements for `return` and `rewrite`. */
import type { Directive } from './snippet-syntax.ts'
import { GENKAN_NAME, hasVariables, NGINX_NAME, remarkOn, suggest, type Replacement } from './snippet-values.ts'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const REQUEST_URI = /\$(?:request_uri|\{request_uri\})$/
const OWN_HOST =
  /^\$(?:scheme|http_x_forwarded_proto):\/\/\$(?:host|http_host|best_http_host|server_name)|^https?:\/\/\$(?:host|http_host|best_http_host|server_name)/

/** A `return` that holds for all paths of the Ingress. */
export function replaceReturn(directive: Directive): readonly Replacement[] {
  const [code = '', text = ''] = directive.args
  if (!/^\d{3}$/.test(code)) return replaceRedirect(directive, 302, code)
  const status = Number(code)
  if (REDIRECTS.has(status)) return replaceRedirect(directive, status, text)
  if (status >= 400 && text === '') return refuseAll(directive, status)
  return hasVariables(text)
    ? [remarkOn(directive, 'the text of an answer has no variables')]
    : [suggest(directive, `${GENKAN_NAME}respond`, text === '' ? code : `${code} ${text}`)]
}

function refuseAll(directive: Directive, status: number): readonly Replacement[] {
  return [
    suggest(directive, `${GENKAN_NAME}deny-paths`, '/', 'refuses everything below the paths of this Ingress'),
    ...denyStatus(directive, status),
  ]
}

/** nginx's 444 closes the connection without a word; 403 says no. */
export function denyStatus(directive: Directive, status: number): readonly Replacement[] {
  return status === 403 || status === 444
    ? []
    : [suggest(directive, `${GENKAN_NAME}deny-status`, String(status), 'for all that this Ingress denies')]
}

function replaceRedirect(directive: Directive, status: number, target: string): readonly Replacement[] {
  if (/^https:\/\/\$(?:host|http_host|server_name)\$request_uri$/.test(target)) {
    return [suggest(directive, `${NGINX_NAME}force-ssl-redirect`, 'true')]
  }
  const base = target.replace(REQUEST_URI, '')
  if (hasVariables(base)) return [remarkOn(directive, `no annotation redirects to ${target}`)]
  if (base !== target) {
    return [
      suggest(directive, `${GENKAN_NAME}redirects`, `${status} /* ${base}/$1`, 'the path is taken in its decoded form'),
    ]
  }
  const permanent = status === 301 || status === 308
  const name = permanent ? 'permanent-redirect' : 'temporal-redirect'
  const usual = permanent ? 301 : 302
  return [
    suggest(directive, NGINX_NAME + name, target),
    ...(status === usual ? [] : [suggest(directive, `${NGINX_NAME}${name}-code`, String(status))]),
  ]
}

/** `rewrite EXPRESSION TARGET FLAG`. */
export function replaceRewrite(directive: Directive): readonly Replacement[] {
  const [pattern = '', target = '', flag = ''] = directive.args
  const isUrl = /^(?:https?:\/\/|\$scheme)/.test(target)
  if (flag !== 'redirect' && flag !== 'permanent' && !isUrl) {
    return [remarkOn(directive, `write ${NGINX_NAME}use-regex and ${NGINX_NAME}rewrite-target with a path of a rule`)]
  }
  const to = target.replace(OWN_HOST, '').replace(/\?$/, '')
  if (to === '' || /\$(?![1-9](?!\d))/.test(to))
    return [remarkOn(directive, `redirects have captures, no variables: ${target}`)]
  if (/\s/.test(pattern)) return [remarkOn(directive, 'an expression of redirects has no blanks; write \\s')]
  const remark = target.endsWith('?') ? 'the query of the request is kept' : ''
  const status = flag === 'permanent' ? 301 : 302
  return [suggest(directive, `${GENKAN_NAME}redirects`, `${status} ~${pattern} ${to}`, remark)]
}
