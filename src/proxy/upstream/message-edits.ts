/**
 * What a route changes in the heads between proxy and upstream, whichever protocol the client speaks: set headers, Host
 * among them, `X-Original-URI`, and answer fields that are kept from clients.
 */
import { withoutFields } from '../../routing/answer-edits.ts'
import { rewriteAnswer } from '../../routing/answer-rewrites.ts'
import { type CompiledHeaderEdits, compileHeaderEdits, type HeaderEdits } from '../../routing/header-edits.ts'
import type { ForwardAction } from '../../routing/model.ts'
import { compileTemplate, type RequestTemplate } from '../../routing/request-template.ts'
import type { RequestRecord } from '../request-record.ts'
import { IDENTITY_HEADERS, identityLines } from '../filters/identity-lines.ts'
import type { ResponseHead, UpstreamRequest } from '../downstream.ts'

interface UpstreamEdits {
  readonly fixed: CompiledHeaderEdits
  /** Fields whose values have variables; the names of those to be set are among what `fixed` takes away. */
  readonly templates: readonly { readonly name: string; readonly render: RequestTemplate }[]
}

/** Compiled once for each action of a table; gone with it. */
const compiled = new WeakMap<ForwardAction, UpstreamEdits>()

/**
 * Header lines for the upstream, without framing.
 *
 * @param clusterId of the one that is asked: a default backend is told why
 */
export function requestLines({ action, headerLines, record }: UpstreamRequest, clusterId: string): string {
  let lines = headerLines
  const fallback = record.route?.fallbackCluster ?? null
  if (fallback !== null && fallback.id === clusterId && clusterId !== action.backendId) {
    lines = withoutFields(lines, IDENTITY_HEADERS) + identityLines(record, 503)
  }
  if (action.addsOriginalUri === true) {
    lines = `${withoutFields(lines, ['x-original-uri'])}X-Original-URI: ${record.target}\r\n`
  }
  if (action.upstreamHeaders !== undefined) {
    let edits = compiled.get(action)
    if (edits === undefined) {
      edits = compileUpstreamEdits(action.upstreamHeaders)
      compiled.set(action, edits)
    }
    const { fixed, templates } = edits
    lines = (fixed.touches(lines) ? withoutFields(lines, fixed.removed) : lines) + fixed.lines
    if (templates.length > 0) lines += renderTemplates(templates, record)
  }
  return lines
}

function compileUpstreamEdits(edits: HeaderEdits): UpstreamEdits {
  const templates: { name: string; render: RequestTemplate }[] = []
  const isFixed = ({ name, value }: HeaderEdits['set'][number]): boolean => {
    if (!value.includes('$')) return true
    const template = compileTemplate(value)
    // What names no variable is literal text.
    if (!template.ok || template.variables.length === 0) return true
    templates.push({ name, render: template.render })
    return false
  }
  const set = edits.set.filter(isFixed)
  const remove = [...edits.remove, ...templates.map(({ name }) => name)]
  return { fixed: compileHeaderEdits({ set, add: edits.add.filter(isFixed), remove }), templates }
}

/** A field whose value comes out empty is not sent, as nginx does. */
function renderTemplates(templates: UpstreamEdits['templates'], record: RequestRecord): string {
  const { method, target, authority, host, scheme, remoteAddress, requestId, headerLines } = record
  const facts = {
    method,
    target,
    authority,
    host,
    scheme,
    clientAddress: remoteAddress,
    requestId,
    rawLines: headerLines,
  }
  let lines = ''
  for (const { name, render } of templates) {
    const value = render(facts)
    if (value !== '') lines += `${name}: ${value}\r\n`
  }
  return lines
}

/** The upstream's head as the front shall see it. */
export function editedHead(action: ForwardAction, head: ResponseHead): ResponseHead {
  if (action.hiddenHeaders === undefined && action.answerRewrites === undefined) return head
  const { status, reason, contentLength, hasBody, upgrade } = head
  let { headerLines } = head
  if (action.hiddenHeaders !== undefined) headerLines = withoutFields(headerLines, action.hiddenHeaders)
  if (action.answerRewrites !== undefined) headerLines = rewriteAnswer(action.answerRewrites, headerLines)
  return { status, reason, headerLines, contentLength, hasBody, upgrade }
}
