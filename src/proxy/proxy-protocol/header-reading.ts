/** What reading a PROXY protocol header may give, the same for both versions. */

/** Who connected to whom, as the peer's header has it. */
export interface ProxiedAddresses {
  /** Canonical text of the client's address; IPv4 within IPv6 is IPv4. */
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
}

export type HeaderReading =
  /** The bytes are the beginning of a header. */
  | { readonly kind: 'incomplete' }
  /** `addresses` is `null` when the header names none (LOCAL, UNKNOWN, UNSPEC, Unix sockets): the socket's hold. */
  | { readonly kind: 'complete'; readonly byteLength: number; readonly addresses: ProxiedAddresses | null }
  /** Reads after "the header ". */
  | { readonly kind: 'refused'; readonly reason: string }

export const INCOMPLETE: HeaderReading = { kind: 'incomplete' }

export function refuseHeader(reason: string): HeaderReading {
  return { kind: 'refused', reason }
}

/** Longest header of either version that is read, extension fields included (as nginx). */
export const LONGEST_HEADER = 4096
