/** What is known about one connection or UDP session that is passed on unread, when it ends. */

export class StreamRecord {
  readonly protocol: 'TCP' | 'UDP'
  /** Milliseconds of `performance.now()` when the client came. */
  readonly startMs: number = performance.now()
  remoteAddress = ''
  remotePort = 0
  serverPort = 0
  /** Who sent the PROXY protocol header that named the client; empty when the client came itself. */
  peerAddress = ''
  proxyProtocolAddress = ''
  proxyProtocolPort = -1
  /** Of the ClientHello; empty without. */
  serverName = ''
  upstreamName = ''
  /** One entry a try, joined by `, `; empty when no endpoint was tried. */
  upstreamAddress = ''
  upstreamConnectMs = -1
  /** As nginx has them: 200, 502 when no endpoint could be reached. */
  status: 200 | 502 = 200
  /** To the client, and from it. */
  bytesSent = 0
  bytesReceived = 0
  upstreamBytesSent = 0
  upstreamBytesReceived = 0

  constructor(protocol: 'TCP' | 'UDP') {
    this.protocol = protocol
  }

  addUpstream(label: string): void {
    this.upstreamAddress += this.upstreamAddress === '' ? label : `, ${label}`
  }
}

/** Called once when a session is over; must return at once. */
export interface StreamObserver {
  observeStream(record: StreamRecord): void
}
