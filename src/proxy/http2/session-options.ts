/** What node:http2 (nghttp2) is told for every session; our own bounds are in `connection.ts` and `request-head.ts`. */
import type { ServerOptions } from 'node:http2'
import type { ProxySettings } from '../../routing/model.ts'
import { MOST_FIELDS } from './request-head.ts'

/** A stream whose head is a little too large is answered 431; one far above the bound is reset unread. */
const HEAD_SLACK = 2

const cache = new WeakMap<ProxySettings, ServerOptions>()

/** Options for `performServerHandshake`, made once per settings object. */
export function sessionOptions(settings: ProxySettings): ServerOptions {
  let options = cache.get(settings)
  if (options === undefined) {
    options = createOptions(settings)
    cache.set(settings, options)
  }
  return options
}

function createOptions(settings: ProxySettings): ServerOptions {
  return {
    settings: {
      maxConcurrentStreams: settings.http2MaxConcurrentStreams,
      maxHeaderListSize: settings.maxHeadBytes * HEAD_SLACK,
      enableConnectProtocol: false,
    },
    maxHeaderListPairs: MOST_FIELDS * HEAD_SLACK,
    // Frames of a kind that the peer may send at will, and the streams it may waste, before the session ends.
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSettings: 32,
    maxOutstandingPings: 10,
    // Backstop behind ResetBudget, in nghttp2 itself.
    streamResetBurst: 1000,
    streamResetRate: 33,
    // Upstreams may repeat fields that should be single; HTTP/1.1 clients get them as they are.
    strictSingleValueFields: false,
  }
}
