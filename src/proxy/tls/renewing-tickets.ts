/**
 * New session tickets on resumption. A TLS 1.3 client uses a ticket once (RFC 8446, C.4), and Node's servers send new ones only
 * after full handshakes, so that every third connection of a browser would be a full handshake again. OpenSSL renews when
 * the callback that decrypts a ticket says so; Node has that callback but documents no way to set it. Where it is missing,
 * tickets are what they are without this.
 */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:tls'

/** `SecureContext.context` of Node 24, as far as it is used here. */
interface NativeContext {
  enableTicketKeyCallback?: () => void
  onticketkeycallback?: (name: Buffer, iv: Buffer, isEncrypting: boolean) => readonly unknown[]
}

const DISCARD = 0
const USE = 1
const USE_AND_RENEW = 2
const PART = 16

/** To be called again whenever the server got another context or other keys. */
export function renewTickets(server: Server): void {
  const { _sharedCreds } = server as Server & { readonly _sharedCreds?: { readonly context?: NativeContext } }
  const context = _sharedCreds?.context
  if (typeof context?.enableTicketKeyCallback !== 'function') return
  // Node's layout of the 48 bytes: the key's name, the key of the HMAC, the key of the cipher.
  const keys = server.getTicketKeys()
  const name = keys.subarray(0, PART)
  const hmacKey = keys.subarray(PART, 2 * PART)
  const cipherKey = keys.subarray(2 * PART)
  context.onticketkeycallback = (given, iv, isEncrypting) => {
    if (isEncrypting) return [USE, hmacKey, cipherKey, name, randomBytes(PART)]
    // Node reads the keys before it looks at the verdict.
    return [given.equals(name) ? USE_AND_RENEW : DISCARD, hmacKey, cipherKey, name, iv]
  }
  context.enableTicketKeyCallback()
}
