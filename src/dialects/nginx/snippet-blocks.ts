/** Typed replacements for `if` and `location` blocks. */
import { denyStatus } from './snippet-answers.ts'
import type { Directive } from './snippet-syntax.ts'
import { GENKAN_NAME, NGINX_NAME, remarkOn, suggest, toSeconds, type Replacement } from './snippet-values.ts'

type ReplaceInner = (directive: Directive, siblings: readonly Directive[]) => readonly Replacement[]

/** @param replaceInner for directives within, where the block itself adds nothing */
export function replaceBlock(
  directive: Directive,
  block: readonly Directive[],
  replaceInner: ReplaceInner,
): readonly Replacement[] {
  switch (directive.name) {
    case 'if':
      return replaceIf(directive, block)
    case 'location':
      return replaceLocation(directive, block, replaceInner)
    case 'limit_except':
      return [suggest(directive, `${GENKAN_NAME}allow-methods`, directive.args.join(', '), 'holds for every client')]
    default:
      return directive.name.includes('_by_lua')
        ? [remarkOn(directive, 'programs are not executed')]
        : [remarkOn(directive, 'no annotation does this')]
  }
}

/** Status of a block that refuses: `deny all`, `return 403`. The first of them counts, as in nginx's rewrite phase. */
function refusalOf(block: readonly Directive[]): number | null {
  const answer = block.find(({ name }) => name === 'return')
  const status = Number(answer?.args[0])
  if (status >= 400 && answer?.args.length === 1) return status
  return block.some(({ name, args }) => name === 'deny' && args[0] === 'all') ? 403 : null
}

function replaceIf(directive: Directive, block: readonly Directive[]): readonly Replacement[] {
  const condition = directive.args
    .join(' ')
    .replace(/^\(\s*/, '')
    .replace(/\s*\)$/, '')
  const [, variable = '', operator = '', operand = ''] = /^\$(\w+)\s*(!?~\*?|!?=)\s*"?([^]*?)"?$/.exec(condition) ?? []
  const status = refusalOf(block)
  if (status !== null && operand !== '') return replaceRefusal(directive, variable, operator, operand, status)
  const target = block.find(({ name }) => name === 'return' || name === 'rewrite')
  const isHttps = target?.args.some((arg) => arg.startsWith('https://')) === true
  if ((variable === 'scheme' || variable === 'http_x_forwarded_proto') && isHttps) {
    return [suggest(directive, `${NGINX_NAME}force-ssl-redirect`, 'true')]
  }
  if (variable === 'host' || variable === 'http_host') {
    return [remarkOn(directive, `give ${operand} an Ingress of its own with ${NGINX_NAME}permanent-redirect`)]
  }
  if (variable === 'request_method' && operand === 'OPTIONS') {
    return [suggest(directive, `${NGINX_NAME}enable-cors`, 'true', 'preflights are answered here')]
  }
  return [remarkOn(directive, `no annotation asks ${condition === '' ? 'this' : condition}`)]
}

function replaceRefusal(
  directive: Directive,
  variable: string,
  operator: string,
  operand: string,
  status: number,
): readonly Replacement[] {
  const isExpression = operator === '~' || operator === '~*'
  if (variable === 'http_user_agent' && (isExpression || operator === '=')) {
    const value = isExpression ? `${operator}${operand}` : operand
    if (value.includes(',')) return [remarkOn(directive, 'deny-user-agents has no expressions with commas')]
    return [suggest(directive, `${GENKAN_NAME}deny-user-agents`, value), ...denyStatus(directive, status)]
  }
  if ((variable === 'request_uri' || variable === 'uri' || variable === 'document_uri') && isExpression) {
    const note = variable === 'request_uri' ? 'the path alone is compared, without its query' : ''
    return [
      suggest(directive, `${GENKAN_NAME}deny-paths`, `${operator}${operand}`, note),
      ...denyStatus(directive, status),
    ]
  }
  if (variable === 'request_method' && operator.startsWith('!')) {
    const methods = operand.match(/[A-Z]+/g) ?? []
    return [suggest(directive, `${GENKAN_NAME}allow-methods`, methods.join(', '), 'others are answered 405')]
  }
  if (variable === 'http_referer' || variable === 'invalid_referer') {
    return [remarkOn(directive, 'set block-referers in the settings ConfigMap')]
  }
  return [remarkOn(directive, `no annotation refuses by $${variable}`)]
}

/** As YAML takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path)
}

const PATH_SETTINGS: Readonly<Record<string, string>> = {
  client_max_body_size: 'proxy-body-size',
  proxy_connect_timeout: 'proxy-connect-timeout',
  proxy_read_timeout: 'proxy-read-timeout',
  proxy_send_timeout: 'proxy-send-timeout',
}

function replaceLocation(
  directive: Directive,
  block: readonly Directive[],
  replaceInner: ReplaceInner,
): readonly Replacement[] {
  const [modifier, path] = directive.args.length > 1 ? directive.args : ['', directive.args[0]]
  if (path === undefined || modifier === undefined) return [remarkOn(directive, 'it has no path')]
  const isExpression = modifier === '~' || modifier === '~*'
  const status = refusalOf(block)
  const hasAllowed = block.some(({ name }) => name === 'allow')
  if (status !== null && !hasAllowed) {
    const value =
      modifier === '='
        ? `~^${path.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`
        : isExpression
          ? `${modifier}${path}`
          : path
    return [suggest(directive, `${GENKAN_NAME}deny-paths`, value), ...denyStatus(directive, status)]
  }
  const note = `the Ingress needs a rule for ${path}`
  return block.flatMap((inner) => {
    const setting = PATH_SETTINGS[inner.name]
    const written = inner.args[0] ?? ''
    const value = setting === 'proxy-body-size' ? written : toSeconds(written)
    if (isExpression || setting === undefined || value === null) {
      return replaceInner(inner, block).map(({ line, directive: name, annotation, note: why }) => ({
        line,
        directive: name,
        note: annotation === undefined ? why : `give ${path} an Ingress of its own with ${annotation.name}`,
      }))
    }
    return [
      suggest(inner, `${GENKAN_NAME}path-settings`, `- { path: ${quoted(path)}, set: { ${setting}: ${value} } }`, note),
    ]
  })
}
