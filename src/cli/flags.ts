/** Flags of the commands as the command line hands them over, and how their values are read. */
import { availableParallelism } from 'node:os'
import { InvalidArgumentError } from 'commander'
import type { StreamFlags } from './nginx-flags/stream-flags.ts'

/** Flags of `dev` as commander hands them over. */
export interface DevFlags extends StreamFlags {
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
  readonly workers: number
  readonly class: readonly string[]
  readonly backend: readonly string[]
  readonly simulate: boolean
  readonly configMap: string
  readonly defaultBackendService: string
  readonly accessLog: string
  readonly enableTopologyAwareRouting: boolean
  /** Empty = unknown. */
  readonly nodeZone: string
}

export interface ExplainFlags {
  readonly url: string
  readonly method: string
  readonly header: readonly string[]
  readonly clientIp: string
  readonly live?: string
  readonly format: 'text' | 'json'
}

export interface CertFlags {
  readonly name?: string
  readonly namespace: string
  readonly days: number
  readonly caCert?: string
  readonly caKey?: string
  readonly createCa?: string
}

export interface MigrateFlags {
  readonly from?: 'ingress-nginx'
  readonly to?: 'gateway-api'
  readonly report?: boolean
  readonly format: 'text' | 'json' | 'html'
  readonly output?: string
}

/** Flags that change what manifests mean, the same for every command that reads them. */
export interface TranslationFlags extends StreamFlags {
  readonly class: readonly string[]
  readonly configMap: string
  readonly defaultBackendService: string
}

export function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}

export function parsePort(text: string): number {
  return parseWhole(text, 0, 65_535, 'a port from 0 to 65535')
}

export function parseWorkers(text: string): number {
  return text === 'auto'
    ? availableParallelism()
    : parseWhole(text, 1, 256, 'auto or a number of workers from 1 to 256')
}

export function parseDays(text: string): number {
  return parseWhole(text, 1, 36_500, 'a number of days from 1 to 36500')
}

function parseWhole(text: string, min: number, max: number, wanted: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value) || value < min || value > max) throw new InvalidArgumentError(`Give ${wanted}.`)
  return value
}
