/** Asks an authentication service that is a backend of the model, with the proxy's own upstream connections. */
import { UNAVAILABLE_NGINX } from '../../routing/defaults.ts'
import type { ForwardAction } from '../../routing/model.ts'
import { type Downstream, type Exchange, NO_BODY, type ResponseHead, type UpstreamCluster } from '../downstream.ts'
import { RequestRecord } from '../request-record.ts'
import {
  type AskAuth,
  type AuthAnswer,
  CONNECT_TIMEOUT_MS,
  MOST_BODY_BYTES,
  READ_TIMEOUT_MS,
} from './external-auth-answer.ts'
import type { AuthRequest } from './external-auth-request.ts'

/** @param findCluster asked anew for each request: backends come and go with the model */
export function createClusterClient(backendId: string, findCluster: (id: string) => UpstreamCluster | null): AskAuth {
  return (request) => {
    const cluster = findCluster(backendId)
    if (cluster === null || !cluster.isAvailable()) return Promise.resolve(null)
    return new Promise((settle) => {
      const downstream = new AuthDownstream(settle)
      downstream.exchange = cluster.start(
        {
          method: request.method,
          target: request.target,
          headerLines: request.headerLines,
          contentLength: NO_BODY,
          upgrade: '',
          action: actionOf(backendId, request),
          record: new RequestRecord(),
        },
        downstream,
      )
    })
  }
}

function actionOf(backendId: string, { scheme }: AuthRequest): ForwardAction {
  return {
    kind: 'forward',
    backendId,
    rewriteTarget: '',
    protocol: scheme,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    sendTimeoutMs: READ_TIMEOUT_MS,
    readTimeoutMs: READ_TIMEOUT_MS,
    maxTries: 3,
    unavailable: UNAVAILABLE_NGINX,
    addsUpstreamServiceTime: false,
  }
}

/** Keeps the head, drops the body. */
class AuthDownstream implements Downstream {
  readonly #settle: (answer: AuthAnswer | null) => void
  #answer: AuthAnswer | null = null
  #bodyBytes = 0
  exchange: Exchange | null = null

  constructor(settle: (answer: AuthAnswer | null) => void) {
    this.#settle = settle
  }

  responseInterim(): void {
    // Nothing that an interim answer says matters here.
  }

  responseHead(head: ResponseHead): void {
    this.#answer = { status: head.status, lines: head.headerLines }
    this.#settle(this.#answer)
  }

  responseData(_buffer: Buffer, start: number, end: number): boolean {
    this.#bodyBytes += end - start
    if (this.#bodyBytes > MOST_BODY_BYTES) this.exchange?.abort()
    return true
  }

  responseFlush(): void {
    // Nothing is written.
  }

  responseEnd(): void {
    this.#settle(this.#answer)
  }

  responseFailed(): void {
    this.#settle(this.#answer)
  }

  requestDrained(): void {
    // There is no body.
  }
}
