/**
 * One health check: a GET and the status of its answer, or no more than a connection. A connection of its own each time, so
 * that it also says whether the endpoint takes new ones. Certificates are not verified: nothing secret is sent, and requests
 * verify for themselves.
 */
import { request as requestHttp, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import type { HealthCheckConfig } from '../../../routing/resilience.ts'

export interface ProbeTarget {
  readonly address: string
  readonly port: number
  /** `address:port`, for `Host` */
  readonly label: string
}

/** Resolves, never rejects: empty when the endpoint works, else what is wrong in a few words. */
export type Probe = (target: ProbeTarget, config: HealthCheckConfig, signal: AbortSignal) => Promise<string>

export const probe: Probe = async (target, config, signal) => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)])
  try {
    return config.protocol === 'tcp' ? await probeTcp(target, config, limit) : await probeHttp(target, config, limit)
  } catch (error) {
    if (limit.aborted) return `no answer in ${config.timeoutMs} ms`
    return error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
  }
}

function probeHttp(target: ProbeTarget, config: HealthCheckConfig, signal: AbortSignal): Promise<string> {
  const options: RequestOptions & { readonly rejectUnauthorized: false } = {
    host: target.address,
    port: portOf(target, config),
    path: config.path,
    agent: false,
    signal,
    rejectUnauthorized: false,
    headers: { Host: config.host === '' ? target.label : config.host, 'User-Agent': 'genkan-health-check' },
  }
  return new Promise((resolve, reject) => {
    const request = config.protocol === 'https' ? requestHttps(options) : requestHttp(options)
    request.once('response', (response) => {
      const status = response.statusCode ?? 0
      const isGood = config.expectedStatuses.some(({ from, to }) => status >= from && status <= to)
      resolve(isGood ? '' : `status ${status}`)
      // The body is of no interest and may never end.
      response.on('error', () => undefined)
      response.destroy()
    })
    request.on('error', reject)
    request.once('close', () => reject(new Error('Closed without an answer')))
    request.end()
  })
}

function probeTcp(target: ProbeTarget, config: HealthCheckConfig, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.address, port: portOf(target, config), signal }, () => {
      resolve('')
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

function portOf(target: ProbeTarget, config: HealthCheckConfig): number {
  return config.port === 0 ? target.port : config.port
}
