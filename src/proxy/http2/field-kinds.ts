/** Which fields of a request mean something to us (RFC 9113, 8.2 and 8.3): one lookup per new name, none per request. */

/** An ordinary field, forwarded as it is. */
export const PLAIN = 0
export const METHOD = 1
export const PATH = 2
export const AUTHORITY = 3
export const SCHEME = 4
export const PROTOCOL = 5
/** A pseudo field that no request has. */
export const UNKNOWN_PSEUDO = 6
/** Kinds from {@link METHOD} up to this are pseudo fields. */
export const LAST_PSEUDO = 6
export const HOST = 7
export const CONTENT_LENGTH = 8
export const COOKIE = 9
export const TE = 10
/** Connection-specific fields make a request malformed (RFC 9113, 8.2.2). */
export const REFUSE = 11
/** Known to the log, never forwarded. */
export const DROP = 12
export const EXPECT = 13
export const REQUEST_ID = 14
export const FORWARDED_FOR = 15
export const FORWARDED_HOST = 16
export const REFERER = 17
export const USER_AGENT = 18
export const AUTHORIZATION = 19
/** Fields of the handshake that an upgrade upstream writes itself. */
export const WEBSOCKET_KEY = 20
export const ORIGIN = 21
export const CONTENT_TYPE = 22

const KINDS: ReadonlyMap<string, number> = new Map([
  [':method', METHOD],
  [':path', PATH],
  [':authority', AUTHORITY],
  [':scheme', SCHEME],
  [':protocol', PROTOCOL],
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['cookie', COOKIE],
  ['te', TE],
  ['connection', REFUSE],
  ['keep-alive', REFUSE],
  ['proxy-connection', REFUSE],
  ['transfer-encoding', REFUSE],
  ['upgrade', REFUSE],
  ['http2-settings', DROP],
  // A CGI program would read it as HTTP_PROXY.
  ['proxy', DROP],
  ['expect', EXPECT],
  ['x-request-id', REQUEST_ID],
  ['x-forwarded-for', FORWARDED_FOR],
  ['x-forwarded-host', FORWARDED_HOST],
  ['x-real-ip', DROP],
  ['x-forwarded-port', DROP],
  ['x-forwarded-proto', DROP],
  ['x-forwarded-scheme', DROP],
  ['x-scheme', DROP],
  ['x-original-forwarded-for', DROP],
  ['x-original-forwarded-host', DROP],
  ['referer', REFERER],
  ['user-agent', USER_AGENT],
  ['authorization', AUTHORIZATION],
  ['origin', ORIGIN],
  ['content-type', CONTENT_TYPE],
  ['sec-websocket-key', WEBSOCKET_KEY],
])

/** @param name as received */
export function fieldKind(name: string): number {
  return KINDS.get(name) ?? (name.charCodeAt(0) === 0x3a ? UNKNOWN_PSEUDO : PLAIN)
}
