/** Typed replacements for single nginx directives. */
import { compileTemplate } from '../../routing/request-template.ts'
import { isHeaderName } from './header-values.ts'
import { replaceReturn, replaceRewrite } from './snippet-answers.ts'
import type { Directive } from './snippet-syntax.ts'
import {
  GENKAN_NAME,
  hasVariables,
  NGINX_NAME,
  remarkOn,
  suggest,
  toSeconds,
  type Replacement,
} from './snippet-values.ts'

type Replace = (directive: Directive, siblings: readonly Directive[]) => readonly Replacement[]

/** Header fields of which the proxy itself takes care. */
const FORWARDING = /^(?:x-forwarded-|x-real-ip$|x-request-id$|x-scheme$|x-original-forwarded-for$|forwarded$)/i
const FRAMING = /^(?:connection|upgrade|te|transfer-encoding|content-length|keep-alive)$/i

/** A value of the annotation of the same name as it stands. */
function same(name: string, note = ''): Replace {
  return (directive) => [suggest(directive, NGINX_NAME + name, directive.args.join(' '), note)]
}

/** A time, in whole seconds. */
function seconds(name: string): Replace {
  return (directive) => {
    const value = toSeconds(directive.args[0] ?? '')
    return [
      value === null
        ? remarkOn(directive, `write ${NGINX_NAME}${name} with whole seconds`)
        : suggest(directive, NGINX_NAME + name, value),
    ]
  }
}

function note(text: string): Replace {
  return (directive) => [remarkOn(directive, text)]
}

const config = (key: string): Replace => note(`set ${key} in the settings ConfigMap`)

const responseSet: Replace = (directive) => {
  const lines = directive.args.filter((arg, index) => !isFlag(directive.args, index) && arg.includes(':'))
  const hasConditions = directive.args.some((arg) => arg === '-s' || arg === '-t')
  return lines.map((line) => {
    const colon = line.indexOf(':')
    return setAnswerHeader(
      directive,
      line.slice(0, colon).trim(),
      line.slice(colon + 1).trim(),
      hasConditions ? 'set on all answers, whatever their status and type' : '',
    )
  })
}

/** `-s 404` and `-t text/html` of the headers-more module. */
function isFlag(args: readonly string[], index: number): boolean {
  return /^-[ast]$/.test(args[index] ?? '') || /^-[st]$/.test(args[index - 1] ?? '')
}

function setAnswerHeader(directive: Directive, name: string, value: string, remark = ''): Replacement {
  if (!isHeaderName(name)) return remarkOn(directive, `${JSON.stringify(name)} is no header name`)
  if (value === '') return suggest(directive, `${GENKAN_NAME}response-headers-remove`, name)
  if (/^access-control-/i.test(name))
    return remarkOn(directive, `write ${NGINX_NAME}enable-cors and its cors-* for ${name}`)
  if (/^strict-transport-security$/i.test(name) && !hasVariables(value))
    return suggest(
      directive,
      `${GENKAN_NAME}response-headers-set`,
      `${name}: ${value}`,
      'the ConfigMap has hsts for all hosts',
    )
  if (hasVariables(value))
    return remarkOn(directive, `answers have no variables; ${name} can only be set to a fixed text`)
  return suggest(directive, `${GENKAN_NAME}response-headers-set`, `${name}: ${value}`, remark)
}

const addHeader: Replace = (directive) => {
  const [name = '', value = '', always] = directive.args
  const isAlways = always === 'always'
  return [
    setAnswerHeader(
      directive,
      name,
      value,
      isAlways ? '' : 'set on answers of every status, in place of the upstream’s',
    ),
  ]
}

const requestSet: Replace = (directive) => {
  const [name = '', value = ''] = directive.args
  if (!isHeaderName(name)) return [remarkOn(directive, `${JSON.stringify(name)} is no header name`)]
  if (name.toLowerCase() === 'host') {
    return hasVariables(value)
      ? [remarkOn(directive, 'the Host of the client is passed on as it is')]
      : [suggest(directive, `${NGINX_NAME}upstream-vhost`, value)]
  }
  if (FRAMING.test(name)) return [remarkOn(directive, 'connections and upgrades (WebSocket) need no header here')]
  if (FORWARDING.test(name)) {
    return [remarkOn(directive, `${name} is set by the proxy; see use-forwarded-headers in the settings ConfigMap`)]
  }
  if (value === '') return [suggest(directive, `${GENKAN_NAME}request-headers-remove`, name)]
  const template = compileTemplate(value)
  return [
    template.ok
      ? suggest(directive, `${GENKAN_NAME}request-headers-set`, `${name}: ${value}`)
      : remarkOn(directive, `there is no variable $${template.unknown} for request headers`),
  ]
}

/** `more_set_input_headers "Name: value"`. */
const requestLines: Replace = (directive) =>
  directive.args
    .filter((arg, index) => !isFlag(directive.args, index) && arg.includes(':'))
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return requestSet({ ...directive, args: [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] }, [])
    })

function remove(name: 'request-headers-remove' | 'response-headers-remove'): Replace {
  return ({ args, ...directive }) =>
    args
      .filter((_, index) => !isFlag(args, index))
      .flatMap((arg) => arg.split(/[\s,]+/))
      .filter(isHeaderName)
      .map((header) =>
        header.includes('*')
          ? remarkOn({ ...directive, args }, `write the names that ${header} stands for`)
          : suggest({ ...directive, args }, GENKAN_NAME + name, header),
      )
}

/** `allow` lines make a list, which `deny all` closes. */
const allow: Replace = (directive, siblings) => {
  const address = directive.args[0] ?? ''
  if (address === 'all') return [remarkOn(directive, 'all is allowed where no list says otherwise')]
  const isClosed = siblings.some(({ name, args }) => name === 'deny' && args[0] === 'all')
  return [
    isClosed
      ? suggest(directive, `${NGINX_NAME}allowlist-source-range`, address)
      : remarkOn(directive, `without deny all it allows nothing that is not allowed anyway: ${address}`),
  ]
}

const deny: Replace = (directive, siblings) => {
  const address = directive.args[0] ?? ''
  if (address !== 'all') return [suggest(directive, `${NGINX_NAME}denylist-source-range`, address)]
  const hasAllowed = siblings.some(({ name }) => name === 'allow')
  if (hasAllowed) return [remarkOn(directive, 'allowlist-source-range refuses all others')]
  return [suggest(directive, `${GENKAN_NAME}deny-paths`, '/', 'refuses everything below the paths of this Ingress')]
}

function compression(word: string): Replace {
  return (directive) => [
    directive.args[0] === 'off'
      ? suggest(directive, `${GENKAN_NAME}compression`, 'off')
      : suggest(directive, `${GENKAN_NAME}compression`, word),
  ]
}

/** nginx counts bytes; the annotation kilobytes. */
function rate(name: string): Replace {
  return (directive) => {
    const match = /^(\d+)([kmg]?)$/i.exec(directive.args[0] ?? '')
    if (match === null) return [remarkOn(directive, `write ${NGINX_NAME}${name} in kilobytes`)]
    const unit = { '': 1 / 1024, k: 1, m: 1024, g: 1_048_576 }[(match[2] ?? '').toLowerCase()] ?? 1
    return [suggest(directive, NGINX_NAME + name, String(Math.ceil(Number(match[1]) * unit)))]
  }
}

const NEEDLESS = 'bodies are streamed as they come; nothing to set'
const ACCESS = 'write auth-type and auth-secret'

const TABLE: Readonly<Record<string, Replace>> = {
  access_log: (directive) => [
    directive.args[0] === 'off'
      ? suggest(directive, `${NGINX_NAME}enable-access-log`, 'false')
      : remarkOn(directive, 'set log-format-upstream in the settings ConfigMap'),
  ],
  add_header: addHeader,
  allow,
  auth_basic: note(ACCESS),
  auth_basic_user_file: note(ACCESS),
  auth_request: note(`write ${NGINX_NAME}auth-url`),
  auth_request_set: note(`write ${NGINX_NAME}auth-response-headers`),
  brotli: compression('br'),
  brotli_comp_level: config('brotli-level'),
  brotli_types: config('brotli-types'),
  client_body_buffer_size: note(NEEDLESS),
  client_body_timeout: config('client-body-timeout'),
  client_header_timeout: config('client-header-timeout'),
  client_max_body_size: same('proxy-body-size'),
  default_type: (directive) => [suggest(directive, `${GENKAN_NAME}respond-content-type`, directive.args[0] ?? '')],
  deny,
  error_page: note(`write ${NGINX_NAME}custom-http-errors and default-backend`),
  grpc_read_timeout: seconds('proxy-read-timeout'),
  grpc_send_timeout: seconds('proxy-send-timeout'),
  gzip: compression('gzip'),
  gzip_comp_level: config('gzip-level'),
  gzip_min_length: config('gzip-min-length'),
  gzip_types: config('gzip-types'),
  gzip_vary: note('Vary is added wherever answers are compressed'),
  keepalive_timeout: config('keep-alive'),
  keepalive_requests: config('keep-alive-requests'),
  large_client_header_buffers: config('large-client-header-buffers'),
  client_header_buffer_size: config('large-client-header-buffers'),
  limit_conn: note(`write ${NGINX_NAME}limit-connections`),
  limit_conn_status: (directive) => [suggest(directive, `${GENKAN_NAME}limit-status`, directive.args[0] ?? '')],
  limit_rate: rate('limit-rate'),
  limit_rate_after: rate('limit-rate-after'),
  limit_req: note(`write ${NGINX_NAME}limit-rps or limit-rpm, and limit-burst-multiplier`),
  limit_req_status: (directive) => [suggest(directive, `${GENKAN_NAME}limit-status`, directive.args[0] ?? '')],
  mirror: note(`write ${NGINX_NAME}mirror-target`),
  more_clear_headers: remove('response-headers-remove'),
  more_clear_input_headers: remove('request-headers-remove'),
  more_set_headers: responseSet,
  more_set_input_headers: requestLines,
  proxy_buffer_size: same('proxy-buffer-size'),
  proxy_buffering: note(NEEDLESS),
  proxy_buffers: note(NEEDLESS),
  proxy_busy_buffers_size: note(NEEDLESS),
  proxy_connect_timeout: seconds('proxy-connect-timeout'),
  proxy_cookie_domain: same('proxy-cookie-domain'),
  proxy_cookie_path: (directive) => [
    /[~;]/.test(directive.args.join(' '))
      ? remarkOn(directive, `${NGINX_NAME}proxy-cookie-path takes two plain words, no attributes or expressions`)
      : suggest(directive, `${NGINX_NAME}proxy-cookie-path`, directive.args.join(' ')),
  ],
  proxy_hide_header: remove('response-headers-remove'),
  proxy_http_version: same('proxy-http-version'),
  proxy_intercept_errors: note(`write ${NGINX_NAME}custom-http-errors`),
  proxy_next_upstream: same('proxy-next-upstream'),
  proxy_next_upstream_tries: same('proxy-next-upstream-tries'),
  proxy_pass: note('a Service of type ExternalName, or another rule, sends requests elsewhere'),
  proxy_read_timeout: seconds('proxy-read-timeout'),
  proxy_redirect: (directive) => [
    remarkOn(directive, `write ${NGINX_NAME}proxy-redirect-from and proxy-redirect-to (${directive.args.join(' ')})`),
  ],
  proxy_request_buffering: note(NEEDLESS),
  proxy_send_timeout: seconds('proxy-send-timeout'),
  proxy_set_header: requestSet,
  proxy_ssl_name: same('proxy-ssl-name'),
  proxy_ssl_server_name: same('proxy-ssl-server-name'),
  proxy_ssl_verify: same('proxy-ssl-verify'),
  real_ip_header: config('forwarded-for-header'),
  return: (directive) => replaceReturn(directive),
  rewrite: (directive) => replaceRewrite(directive),
  satisfy: same('satisfy'),
  server_tokens: note('the Server field names no version'),
  set_real_ip_from: config('proxy-real-ip-cidr'),
  ssl_verify_client: note(`write ${NGINX_NAME}auth-tls-secret and auth-tls-verify-client`),
  sub_filter: note('bodies are not rewritten'),
  underscores_in_headers: config('enable-underscores-in-headers'),
}

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/_by_lua(?:_block|_file)?$/, 'programs are not executed'],
  [/^proxy_cache|^proxy_no_cache|^proxy_store/, 'there is no cache of answers'],
  [/^modsecurity/, 'there is no firewall; the routes answer 503 until it is removed'],
  [/^opentelemetry|^opentracing/, `write ${NGINX_NAME}enable-opentelemetry`],
  [/^proxy_ssl_/, `write ${NGINX_NAME}proxy-ssl-secret and its kin`],
  [/^ssl_/, 'TLS is set by the settings ConfigMap'],
  [/^sub_filter/, 'bodies are not rewritten'],
  [/^proxy_/, NEEDLESS],
]

/** @param siblings all directives of the same block */
export function replaceDirective(directive: Directive, siblings: readonly Directive[]): readonly Replacement[] {
  const { name } = directive
  const known = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined
  if (known !== undefined) return known(directive, siblings)
  const family = FAMILIES.find(([pattern]) => pattern.test(name))
  return [remarkOn(directive, family?.[1] ?? 'no annotation does this')]
}
