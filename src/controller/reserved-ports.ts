/** TCP ports that the process listens on itself, so that no TCP service may have them. */

export interface OwnPorts {
  /** 0 where any free one was asked for and is not known yet. */
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
}

export function reservedPorts(...known: readonly Partial<OwnPorts>[]): ReadonlyMap<number, string> {
  const ports = new Map<number, string>()
  for (const { httpPort = 0, httpsPort = 0, adminPort = 0 } of known) {
    if (httpPort > 0) ports.set(httpPort, 'the http port')
    if (httpsPort > 0) ports.set(httpsPort, 'the https port')
    if (adminPort > 0) ports.set(adminPort, 'the admin port')
  }
  return ports
}
