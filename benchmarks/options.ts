/** Command line of the benchmark. */
import { parseArgs } from 'node:util'

export const GROUPS = [
  'plain',
  'tls',
  'h2',
  'grpc',
  'handshake',
  'body',
  'huge',
  'routes',
  'workers',
  'peers',
  'idle',
  'start',
] as const
export type Group = (typeof GROUPS)[number]

export interface BenchmarkOptions {
  readonly rounds: number
  /** Length of one measured run. */
  readonly seconds: number
  readonly only: readonly Group[]
  /** Result file; empty = `benchmarks/results/<date>.md`. */
  readonly out: string
}

export const USAGE = `Usage: npm run bench -- [options]

Measures Genkan beside nginx, HAProxy and others on this machine, in interleaved rounds.

  --rounds N      measured rounds of every scenario (default 5)
  --seconds S     length of one run (default 3)
  --only LIST     some of ${GROUPS.join(',')} (default: all)
  --out FILE      where the result goes (default: benchmarks/results/<date>.md)
  --help          this text

Examples:
  npm run bench
  npm run bench -- --only plain,h2 --rounds 3 --seconds 2 --out result.md

Needs wrk, h2load, nginx, haproxy, and for the groups peers and grpc envoy, traefik and caddy: scripts/install-bench-peers.sh
`

/** @throws {TypeError} for unknown flags and values that cannot be used; the message is for the user */
export function parseOptions(args: readonly string[]): BenchmarkOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', default: GROUPS.join(',') },
      out: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    rounds: parsePositive('--rounds', values.rounds, 50),
    seconds: parsePositive('--seconds', values.seconds, 60),
    only: values.only.split(',').map(parseGroup),
    out: values.out,
  }
}

function parsePositive(flag: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new TypeError(`Cannot use ${flag} ${text}: not a whole number between 1 and ${max}`)
}

function parseGroup(text: string): Group {
  const group = GROUPS.find((candidate) => candidate === text.trim())
  if (group !== undefined) return group
  throw new TypeError(`Cannot use --only ${text}: unknown group; accepted are ${GROUPS.join(', ')}`)
}
