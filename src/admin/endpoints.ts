/** The paths of the admin server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { EXPOSITION_CONTENT_TYPE } from '../proxy/metrics/exposition.ts'
import { sendError, sendJson, sendPieces, sendText, TEXT_TYPE } from './answer.ts'
import { parseExplainBody } from './explain-body.ts'
import { PAGE_HTML, PAGE_SCRIPT, PAGE_STYLE } from './page.ts'
import { readBody } from './read-body.ts'
import type { AdminSources, Health } from './sources.ts'

export interface Endpoint {
  /** Value of `Allow`. */
  readonly methods: 'GET, HEAD' | 'POST'
  answer(request: IncomingMessage, response: ServerResponse): void | Promise<void>
}

/** Longest question to `explain`. */
const MAX_BODY_BYTES = 65_536

/** Shapes are those of the commands: `routes` a list, findings as `lint` prints them. */
export function createEndpoints(sources: AdminSources, healthPath = '/healthz'): ReadonlyMap<string, Endpoint> {
  const health = get((response) => sendHealth(response, sources.health()))
  return new Map<string, Endpoint>([
    [healthPath, health],
    ['/healthz', health],
    ['/livez', get((response) => sendHealth(response, sources.liveness?.() ?? { isOk: true }))],
    ['/readyz', get((response) => sendHealth(response, sources.readiness()))],
    ['/metrics', get((response) => sendPieces(response, EXPOSITION_CONTENT_TYPE, sources.metrics()))],
    ['/api/v1/routes', get((response) => sendJson(response, 200, sources.routes()))],
    ['/api/v1/findings', get((response) => sendJson(response, 200, { findings: sources.findings() }))],
    ['/api/v1/backends', get((response) => sendJson(response, 200, sources.backends()))],
    ['/api/v1/version', get((response) => sendJson(response, 200, sources.version()))],
    ['/api/v1/explain', { methods: 'POST', answer: (request, response) => explain(sources, request, response) }],
    ['/', get((response) => sendText(response, 200, 'text/html; charset=utf-8', PAGE_HTML))],
    ['/page.css', get((response) => sendText(response, 200, 'text/css; charset=utf-8', PAGE_STYLE))],
    ['/page.js', get((response) => sendText(response, 200, 'text/javascript; charset=utf-8', PAGE_SCRIPT))],
  ])
}

function get(answer: (response: ServerResponse) => void | Promise<void>): Endpoint {
  return { methods: 'GET, HEAD', answer: (_, response) => answer(response) }
}

function sendHealth(response: ServerResponse, health: Health): void {
  sendText(response, health.isOk ? 200 : (health.status ?? 503), TEXT_TYPE, health.isOk ? 'ok\n' : `${health.reason}\n`)
}

async function explain(sources: AdminSources, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES)
  if (body === null) {
    const message = `Cannot read the question: it is longer than ${MAX_BODY_BYTES} bytes; send a URL and a few headers`
    return sendError(response, 413, message, { Connection: 'close' })
  }
  const input = parseExplainBody(body)
  const explanation = 'error' in input ? input : sources.explain(input.value)
  if ('error' in explanation) sendError(response, 400, explanation.error)
  else sendJson(response, 200, explanation.value)
}
