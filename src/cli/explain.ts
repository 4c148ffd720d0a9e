/** `genkan explain`: which rule takes a request, which were considered and why not, and where it goes. */
import type { Finding } from '../base/finding.ts'
import { createExplainTable, explain, type Explanation } from '../routing/explain.ts'
import { parseExplainRequest } from '../routing/explain-request.ts'
import type { ExplainFlags, TranslationFlags } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeControls } from './report/escape.ts'
import { reportProblems, reportProblemsOf } from './problems.ts'
import { checkSource, isCluster, type SourceFlags } from './source-flags.ts'
import { formatPlace } from './table.ts'
import { translateFrom } from './translate-from.ts'

/** @returns 1 when a file or folder could not be read, or a running genkan did not answer */
export async function runExplain(
  paths: readonly string[],
  flags: ExplainFlags & TranslationFlags & SourceFlags,
  io: CommandIo,
): Promise<number> {
  if (flags.live !== undefined) return explainLive(flags.live, paths, flags, io)
  checkSource('explain', paths, flags)
  const request = parseExplainRequest({ ...flags, headers: flags.header })
  if ('error' in request) throw new UsageError(request.error)
  const result = await translateFrom('explain', paths, flags, io)
  const explanation = explain(createExplainTable(result.translation.model), request.value)
  const isUnread = reportUnreadable(result.findings, io)
  print(result.unread.length === 0 ? explanation : { ...explanation, unread: result.unread }, flags.format, io)
  if (flags.format === 'text') {
    const considered = explanation.considered.map(({ origin }) => origin.object)
    const told = result.findings.filter(({ code }) => code !== 'FILE_UNREADABLE')
    reportProblemsOf(new Set([explanation.origin.object, ...considered]), told, io)
  }
  return isUnread ? EXIT_ERRORS : EXIT_OK
}

/** An answer from manifests that could not be read is worth nothing: said in any format. */
function reportUnreadable(findings: readonly Finding[], io: CommandIo): boolean {
  return reportProblems(
    findings.filter(({ code }) => code === 'FILE_UNREADABLE'),
    io,
  )
}

async function explainLive(
  adminUrl: string,
  paths: readonly string[],
  flags: ExplainFlags & SourceFlags,
  io: CommandIo,
): Promise<number> {
  if (paths.length > 0) throw new UsageError('Cannot explain: give either manifests or --live, not both')
  if (isCluster(flags)) throw new UsageError('Cannot explain: give either a cluster or --live, not both')
  if (!URL.canParse('/api/v1/explain', adminUrl)) {
    throw new UsageError(`Cannot ask "${adminUrl}": it is not a URL; give one such as http://127.0.0.1:10254`)
  }
  const { url, method, header, clientIp } = flags
  try {
    const response = await fetch(new URL('/api/v1/explain', adminUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url, method, headers: header, clientIp }),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await response.text()
    if (!response.ok) {
      io.stderr.write(`Cannot explain: ${adminUrl} answered ${response.status}: ${escapeControls(text.trim())}\n`)
      return EXIT_ERRORS
    }
    print(JSON.parse(text) as Explanation, flags.format, io)
    return EXIT_OK
  } catch (error) {
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : ''
    io.stderr.write(`Cannot ask ${adminUrl}: ${reason}; is genkan running there?\n`)
    return EXIT_ERRORS
  }
}

/** Kinds of a cluster that could not be read are only in JSON: standard error has them already. */
type Printed = Explanation & { readonly unread?: readonly Finding[] }

function print(explanation: Printed, format: 'text' | 'json', io: CommandIo): void {
  io.stdout.write(
    format === 'json' ? `${JSON.stringify(explanation, null, 2)}\n` : escapeControls(formatExplanation(explanation)),
  )
}

/** The explanation as a person reads it: the request, the answer, then the reasons. */
export function formatExplanation(explanation: Explanation): string {
  const { request, outcome, origin, host, considered, phases, endpoints } = explanation
  const lines = [`${request.method} ${request.scheme}://${request.authority}${request.target}`, '']
  lines.push(`  ${describeOutcome(outcome)}`)
  if (origin.object !== '') lines.push(`  because of ${origin.object} ${origin.path} ${formatPlace(origin)}`.trimEnd())
  lines.push('', `host: ${host.name === null ? 'none' : host.name === '' ? '*' : host.name} (${host.reason})`)
  if (considered.length > 0) {
    lines.push('rules in match order:')
    for (const route of considered) {
      const place = formatPlace(route.origin)
      lines.push(`  ${route.isTaken ? '→' : ' '} ${route.reason}${place === '' ? '' : `  ${place}`}`)
    }
  }
  for (const phase of phases) lines.push(`${phase.name}: ${phase.effect}`)
  if (endpoints.length > 0) {
    lines.push('endpoints:')
    for (const { address, port, pod } of endpoints) {
      const place = address === '' ? `port ${port}` : `${address.includes(':') ? `[${address}]` : address}:${port}`
      lines.push(`    ${pod === '' ? place : `${pod} (${place})`}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function describeOutcome(outcome: Explanation['outcome']): string {
  switch (outcome.kind) {
    case 'forward':
      return `goes to ${outcome.service ?? ''} as ${outcome.path ?? 'it is, TLS unopened'}`
    case 'redirect':
      return `is redirected: ${outcome.status ?? ''} to ${outcome.location ?? ''}`
    case 'respond': {
      const body = (outcome.body ?? '').trim()
      return `is answered by the proxy: ${outcome.status ?? ''}${body === '' ? '' : ` "${body}"`}`
    }
  }
}
