/**
 * How an endpoint is spoken to: plain or over TLS, HTTP/1.1 or HTTP/2. One object for all routes that ask for the same, so
 * that endpoints can keep connections apart by identity and routes with equal configurations share them.
 */
import { createHash } from 'node:crypto'
import type { ConnectionOptions } from 'node:tls'
import type { ForwardAction, Scheme } from '../../routing/model.ts'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'
import type { UpstreamRequest } from '../downstream.ts'
import { createUpstreamTlsOptions } from './upstream-tls-options.ts'

export class Transport {
  /** Equal for equal transports; holds no secret. */
  readonly key: string
  readonly isTls: boolean
  readonly isHttp2: boolean
  readonly #config: UpstreamTlsConfig | undefined
  #options: ConnectionOptions | null = null

  constructor(key: string, isTls: boolean, isHttp2: boolean, config: UpstreamTlsConfig | undefined) {
    this.key = key
    this.isTls = isTls
    this.isHttp2 = isHttp2
    this.#config = config
  }

  /**
   * Made once and kept: reading certificates takes a while.
   *
   * @throws what OpenSSL says about a configuration that it cannot use
   */
  tlsOptions(): ConnectionOptions {
    this.#options ??= createUpstreamTlsOptions(this.#config, this.isHttp2 ? ['h2'] : [])
    return this.#options
  }
}

export const PLAIN_TRANSPORT = new Transport('http', false, false, undefined)
const TLS_TRANSPORT = new Transport('https', true, false, undefined)
const H2C_TRANSPORT = new Transport('h2c', false, true, undefined)
const H2_TRANSPORT = new Transport('h2', true, true, undefined)

/** Transports with a configuration of their own. When there are more, the oldest are forgotten and made anew. */
const MOST_TRANSPORTS = 4096
const interned = new Map<string, Transport>()
/** Looked up once for each action of a table; gone with it. */
const byAction = new WeakMap<ForwardAction, Transport>()

/**
 * How a cluster is spoken to for a request. A default backend that stands in for the route's own is a web server of any
 * kind: plain HTTP, as ingress-nginx has it.
 */
export function transportTo({ action, record }: UpstreamRequest, clusterId: string): Transport {
  if (action.protocol === 'http') return PLAIN_TRANSPORT
  const isFallback = clusterId !== action.backendId && record.route?.fallbackCluster?.id === clusterId
  return isFallback ? PLAIN_TRANSPORT : transportOf(action, record.scheme)
}

/** @param clientScheme decides where the route says so (AUTO_HTTP) */
export function transportOf(action: ForwardAction, clientScheme: Scheme): Transport {
  switch (action.protocol) {
    case 'http':
      return PLAIN_TRANSPORT
    case 'h2c':
      return H2C_TRANSPORT
    case 'client':
      if (clientScheme === 'http') return PLAIN_TRANSPORT
      return action.upstreamTls === undefined ? TLS_TRANSPORT : configured(action, action.upstreamTls, false)
    case 'https':
      return action.upstreamTls === undefined ? TLS_TRANSPORT : configured(action, action.upstreamTls, false)
    case 'h2':
      return action.upstreamTls === undefined ? H2_TRANSPORT : configured(action, action.upstreamTls, true)
  }
}

function configured(action: ForwardAction, config: UpstreamTlsConfig, isHttp2: boolean): Transport {
  let transport = byAction.get(action)
  if (transport === undefined) {
    transport = intern(config, isHttp2)
    byAction.set(action, transport)
  }
  return transport
}

function intern(config: UpstreamTlsConfig, isHttp2: boolean): Transport {
  const digest = createHash('sha256').update(JSON.stringify(config)).digest('hex')
  const key = `${isHttp2 ? 'h2' : 'https'}:${digest}`
  const known = interned.get(key)
  if (known !== undefined) return known
  const transport = new Transport(key, true, isHttp2, config)
  interned.set(key, transport)
  if (interned.size > MOST_TRANSPORTS) {
    for (const oldest of interned.keys()) {
      interned.delete(oldest)
      break
    }
  }
  return transport
}
