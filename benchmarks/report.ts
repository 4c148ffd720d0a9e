/** The result as a Markdown page. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import type { ScenarioResult } from './rounds.ts'

export interface IdleRow {
  readonly peer: string
  readonly scheme: string
  readonly connections: number
  readonly beforeBytes: number
  readonly bytesPerConnection: number
}

export interface ReportInput {
  readonly date: string
  readonly command: string
  readonly versions: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly loadAtStart: number
  readonly results: readonly ScenarioResult[]
  readonly idle: readonly IdleRow[]
  /** Label and milliseconds. */
  readonly startUp: readonly (readonly [string, number])[]
}

export function formatReport(input: ReportInput): string {
  const sections = [
    `# Benchmark of ${input.date}`,
    [
      `- Machine: ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, ${gibibytes(totalmem())} memory, Linux ${release()}`,
      `- Versions: ${input.versions.join('; ')}`,
      `- Command: \`${input.command}\` (${input.rounds} rounds of ${input.seconds} s, interleaved; medians)`,
      `- Load average of the machine: ${input.loadAtStart.toFixed(2)} before, ${(loadavg()[0] ?? 0).toFixed(2)} after`,
    ].join('\n'),
    input.results.length > 0 ? formatResults(input.results) : '',
    input.idle.length > 0 ? formatIdle(input.idle) : '',
    input.startUp.length > 0 ? formatStartUp(input.startUp) : '',
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function formatResults(results: readonly ScenarioResult[]): string {
  const scenarios = [...new Set(results.map((result) => result.scenario))]
  const tables = scenarios.map((scenario) => {
    const rows = results.filter((result) => result.scenario === scenario).map(formatResult)
    return table(
      `### ${scenario}`,
      [
        'peer',
        'CPU µs/request (user + system)',
        'against the first',
        'requests/s',
        'p50 ms',
        'p99 ms',
        'RSS MiB',
        'errors',
      ],
      rows,
    )
  })
  const note =
    'CPU is that of the whole process tree of the proxy, from /proc. "Against the first" compares total CPU with that of the first peer of the table, round by round: ' +
    'median (least to most). Throughput and latency are those of a machine that the load generator, the proxy and the ' +
    'upstream share, so CPU per request is the number to compare.'
  return ['## Requests', note, ...tables].join('\n\n')
}

function formatResult(result: ScenarioResult): readonly string[] {
  const { ratio } = result
  const total = (result.userUs + result.systemUs).toFixed(1)
  return [
    result.peer,
    `${total} (${result.userUs.toFixed(1)} + ${result.systemUs.toFixed(1)})`,
    `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
    result.requestsPerSecond.toFixed(0),
    result.p50Ms.toFixed(2),
    result.p99Ms.toFixed(2),
    (result.rssBytes / 1_048_576).toFixed(1),
    `${result.errors} of ${result.requests}`,
  ]
}

function formatIdle(rows: readonly IdleRow[]): string {
  return table(
    '## Memory of idle keep-alive connections',
    ['peer', 'listener', 'connections', 'RSS before, MiB', 'KiB per connection'],
    rows.map((row) => [
      row.peer,
      row.scheme,
      String(row.connections),
      (row.beforeBytes / 1_048_576).toFixed(1),
      (row.bytesPerConnection / 1024).toFixed(1),
    ]),
  )
}

function formatStartUp(rows: readonly (readonly [string, number])[]): string {
  return table(
    '## Start-up',
    ['what', 'ms'],
    rows.map(([label, ms]) => [label, ms.toFixed(0)]),
  )
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [title, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(0)} GiB`
}
