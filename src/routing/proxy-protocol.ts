/** Whether connections begin with a PROXY protocol header (ingress-nginx, configmap.md: use-proxy-protocol). Plain data of the model. */
export interface ProxyProtocolSettings {
  /** How long a peer may take for its header. */
  readonly headerTimeoutMs: number
  /** Addresses and ranges of peers whose header names the client; others must send one too, but it is only logged. */
  readonly trustedPeers: readonly string[]
}
