/** How to reach an API server, whoever said so: a kubeconfig, or the service account of our pod. */

export interface ClusterAccess {
  /** `https://host:port`, without a final slash. */
  readonly server: string
  /** PEM; absent = the system's authorities. */
  readonly authorityPem?: string
  /** Name in the server's certificate, where it is not the host's. */
  readonly serverName?: string
  /** True: the server's certificate is not verified. */
  readonly isInsecure: boolean
  readonly credentials: Credentials
  /** Namespace of the context or of our pod; `default` when nobody says. */
  readonly namespace: string
  /** Where this was read, for messages. */
  readonly from: string
}

export interface Credentials {
  /** What the next request sends. @throws {AccessError} when it cannot be had */
  next(): Promise<RequestCredentials>
  /** The server said 401 to these: if they are kept, they are of no use any more. */
  refused(used: RequestCredentials): void
}

export interface RequestCredentials {
  /** Value of `Authorization`, empty = none. */
  readonly authorization: string
  readonly certificatePem?: string
  readonly keyPem?: string
}

/** Why a cluster cannot be reached as told; the message is for people. */
export class AccessError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AccessError'
  }
}

/** The same for every request. */
export function fixedCredentials(credentials: RequestCredentials): Credentials {
  return { next: async () => credentials, refused: () => undefined }
}
