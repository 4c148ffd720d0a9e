/** ingress-nginx's flags about request metrics, the same for every command that serves. */
import { type Command, InvalidArgumentError } from 'commander'
import { DEFAULT_METRICS, type MetricsOptions } from '../../proxy/metrics/metrics-options.ts'
import { REQUEST_FAMILIES } from '../../proxy/metrics/request-series.ts'

/** As commander hands them over. */
export interface MetricsFlags {
  readonly metricsPerHost: boolean
  readonly metricsPerUndefinedHost: boolean
  readonly reportStatusClasses: boolean
  readonly excludeSocketMetrics: readonly string[]
  readonly timeBuckets: readonly number[]
  readonly lengthBuckets: readonly number[]
  readonly sizeBuckets: readonly number[]
}

const PREFIX = 'nginx_ingress_controller_'
const MOST_BUCKETS = 100
const NATIVE = 'accepted without effect: native histograms are not exposed'

export function addMetricsFlags(command: Command): Command {
  return command
    .option('--metrics-per-host [bool]', 'label request metrics with the host of the rule', parseBoolean, true)
    .option('--metrics-per-undefined-host [bool]', 'count requests for unknown hosts too', parseBoolean, false)
    .option('--report-status-classes [bool]', 'label request metrics 2xx instead of 200', parseBoolean, false)
    .option('--exclude-socket-metrics <names>', 'request metrics not to keep, separated by commas', parseFamilies, [])
    .option('--time-buckets <seconds>', 'upper bounds, separated by commas', parseBuckets, DEFAULT_METRICS.timeBuckets)
    .option('--length-buckets <bytes>', 'upper bounds of lengths', parseBuckets, DEFAULT_METRICS.lengthBuckets)
    .option('--size-buckets <bytes>', 'upper bounds of sizes', parseBuckets, DEFAULT_METRICS.sizeBuckets)
    .option('--bucket-factor <number>', NATIVE)
    .option('--max-buckets <number>', NATIVE)
}

export function toMetricsOptions(flags: MetricsFlags): MetricsOptions {
  return {
    isPerHost: flags.metricsPerHost,
    countsUndefinedHosts: flags.metricsPerUndefinedHost,
    reportsStatusClasses: flags.reportStatusClasses,
    excluded: flags.excludeSocketMetrics,
    timeBuckets: flags.timeBuckets,
    lengthBuckets: flags.lengthBuckets,
    sizeBuckets: flags.sizeBuckets,
  }
}

/** Of flags whose value may be left out: `--flag` is `--flag=true`, as Go has it. */
function parseBoolean(text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false
  throw new InvalidArgumentError('Give true or false.')
}

/** With or without ingress-nginx's prefix. */
function parseFamilies(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const bare = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name
      if (REQUEST_FAMILIES.includes(bare)) return bare
      throw new InvalidArgumentError(`There is no ${name}. Give some of ${REQUEST_FAMILIES.join(', ')}.`)
    })
}

function parseBuckets(text: string): readonly number[] {
  const bounds = text
    .split(',')
    .map((part) => (/^\s*\d{1,15}(?:\.\d{1,9})?\s*$/.test(part) ? Number(part) : Number.NaN))
  const isAscending = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? Number.NaN))
  if (bounds.length > MOST_BUCKETS || bounds.some(Number.isNaN) || !isAscending) {
    throw new InvalidArgumentError(`Give up to ${MOST_BUCKETS} ascending numbers such as 0.1,1,10.`)
  }
  return bounds
}
