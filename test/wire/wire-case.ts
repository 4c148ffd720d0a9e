/** What a file in `cases/` says: manifests, requests and what must come back. See `README.md` beside the cases. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { ClientIdentity } from './client-identity.ts'

export interface WireCase {
  /** Subject of the file; begins the name of each test. */
  readonly name: string
  /** YAML documents, or a path from the root of the repository. Exactly one of the two. */
  readonly manifests?: string
  /** Adds to `manifests`, for each `namespace/name`, a Service with port 80 (`http`) and a Deployment of so many pods. */
  readonly pods?: Readonly<Record<string, number>>
  /** Adds to `manifests`, for each `namespace/name`, a TLS Secret with a certificate of its own for these hosts. */
  readonly certificates?: Readonly<Record<string, readonly string[]>>
  /** Adds to `manifests`, for each `namespace/name`, a Secret whose `ca.crt` is the authority of this name. */
  readonly authorities?: Readonly<Record<string, string>>
  readonly manifestsFrom?: string
  /** `--class`, `--config-map` and `--default-backend-service` of `genkan dev`. */
  readonly classes?: readonly string[]
  readonly configMap?: string
  readonly defaultBackendService?: string
  readonly requests: readonly WireRequest[]
}

export interface WireRequest {
  /** A sentence about behaviour. */
  readonly name: string
  /** `http/1.1` unless told otherwise. `h2` is over TLS with ALPN, `h2c` plain with prior knowledge. */
  readonly protocol?: 'http/1.0' | 'http/1.1' | 'h2' | 'h2c'
  /** `http` unless told otherwise; `https` for h2. */
  readonly scheme?: 'http' | 'https'
  /** The Host header or `:authority`, as it is. Not sent when empty. */
  readonly host: string
  /** SNI; the host without its port unless told otherwise; empty sends none. */
  readonly sni?: string
  /** Shown if the server asks: signed by an authority of this name, which need not be in `authorities`. */
  readonly clientCertificate?: ClientIdentity
  /** Speak TLS 1.2 with these suites alone, the dearest first. */
  readonly ciphers?: string
  readonly method?: string
  /** Request target as it is. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Instead of `body`: so many bytes of text. */
  readonly bodyBytes?: number
  /** Send the body in chunks, without a length. */
  readonly isChunked?: boolean
  /** Ask for a WebSocket, send this text, and expect it back; the status is then 101. */
  readonly webSocketText?: string
  /** Make the request so often on one connection; `expect` holds for each. */
  readonly times?: number
  /** Send the cookies of earlier answers of the same `times`, as a browser would. */
  readonly keepsCookies?: boolean
  readonly expect: WireExpectation
}

/** Text is compared as it is; `null` = absent; `{ matches }` is a regular expression for the whole value. */
export type TextExpectation = string | null | { readonly matches: string }

export interface WireExpectation {
  readonly status: number
  /** Names in any case. Several lines of one name are joined with `, `. */
  readonly headers?: Readonly<Record<string, TextExpectation>>
  readonly body?: TextExpectation
  /** `namespace/service` of the simulated pod that answered. */
  readonly service?: string
  /** Path with query as the pod saw it. */
  readonly upstreamPath?: string
  readonly upstreamMethod?: string
  readonly upstreamHost?: string
  readonly upstreamHeaders?: Readonly<Record<string, TextExpectation>>
  /** Over all `times`: how many different pods answered. */
  readonly distinctPods?: number
  /** Over all `times`: percent of the answers that come from `namespace/service`, give or take 5. */
  readonly shares?: Readonly<Record<string, number>>
  /** A name that the presented certificate must cover, or must not. */
  readonly certificateCovers?: string
  readonly certificateDoesNotCover?: string
  readonly certificateSubject?: TextExpectation
  /** Cipher suite that the server chose. */
  readonly cipher?: string
}

/** @throws {Error} when the file is no case: the field that is wrong is named */
export function readWireCase(file: string): WireCase {
  const value = parse(readFileSync(file, 'utf8')) as WireCase
  const fail = (what: string): never => {
    throw new Error(`Cannot use wire case ${file}: ${what}`)
  }
  checkKeys(value, CASE_KEYS, (key) => fail(`unknown field ${key}`))
  if (typeof value.name !== 'string') fail('no name')
  if ((value.manifests === undefined) === (value.manifestsFrom === undefined)) fail('needs manifests or manifestsFrom')
  for (const [index, request] of value.requests.entries()) {
    const where = `requests[${index}] ${request.name ?? ''}`
    checkKeys(request, REQUEST_KEYS, (key) => fail(`${where} has an unknown field ${key}`))
    checkKeys(request.expect ?? {}, EXPECT_KEYS, (key) => fail(`${where} expects an unknown field ${key}`))
    if (typeof request.name !== 'string' || typeof request.path !== 'string' || typeof request.host !== 'string')
      fail(`${where} needs name, host and path`)
    if (typeof request.expect?.status !== 'number') fail(`${where} expects no status`)
  }
  return value
}

/** A misspelt expectation would otherwise never fail. */
const CASE_KEYS = new Set(
  'name manifests manifestsFrom pods certificates authorities classes configMap defaultBackendService requests'.split(
    ' ',
  ),
)
const REQUEST_KEYS = new Set(
  'name protocol scheme host sni clientCertificate ciphers method path headers body bodyBytes isChunked webSocketText times keepsCookies expect'.split(
    ' ',
  ),
)
const EXPECT_KEYS = new Set(
  (
    'status headers body service upstreamPath upstreamMethod upstreamHost upstreamHeaders distinctPods shares ' +
    'certificateCovers certificateDoesNotCover certificateSubject cipher'
  ).split(' '),
)

function checkKeys(value: object, known: ReadonlySet<string>, report: (key: string) => void): void {
  for (const key of Object.keys(value)) if (!known.has(key)) report(key)
}
