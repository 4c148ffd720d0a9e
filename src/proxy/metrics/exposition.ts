/** The Prometheus text exposition format, version 0.0.4. */

/** Value of `Content-Type` for what this file writes. */
export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

export interface MetricFamily {
  /** `[a-zA-Z_:][a-zA-Z0-9_:]*`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
}

/** One family with a value for each set of labels. Families without samples are left out. */
export function formatFamily(family: MetricFamily, samples: readonly (readonly [Labels, number])[]): string {
  if (samples.length === 0) return ''
  let text = formatHeader(family)
  for (const [labels, value] of samples) {
    const inner = formatLabels(labels)
    text += `${family.name}${inner === '' ? '' : `{${inner}}`} ${formatValue(value)}\n`
  }
  return text
}

/** The `# HELP` and `# TYPE` lines. */
export function formatHeader(family: MetricFamily): string {
  const help = family.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.type}\n`
}

/** `a="1",b="2"` in the order given, without braces. */
export function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabelValue(value)}"`)
    .join(',')
}

export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}

function escapeLabelValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
