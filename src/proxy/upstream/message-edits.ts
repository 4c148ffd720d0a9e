/**
 * What a route changes in the heads between proxy and upstream, whichever protocol the client speaks: set headers, Host
 * among them, `X-Original-URI`, and answer fields that are kept from clients.
 */
import { withoutFields } from '../../routing/answer-edits.ts'
import { rewriteAnswer } from '../../routing/answer-rewrites.ts'
import { type CompiledHeaderEdits, compileHeaderEdits } from '../../routing/header-edits.ts'
import type { ForwardAction } from '../../routing/model.ts'
import { IDENTITY_HEADERS, identityLines } from '../filters/identity-lines.ts'
import type { ResponseHead, UpstreamRequest } from '../downstream.ts'

/** Compiled once for each action of a table; gone with it. */
const compiled = new WeakMap<ForwardAction, CompiledHeaderEdits>()

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
      edits = compileHeaderEdits(action.upstreamHeaders)
      compiled.set(action, edits)
    }
    lines = (edits.touches(lines) ? withoutFields(lines, edits.removed) : lines) + edits.lines
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
