/** A port could not be opened. `code` is the system's (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`). */
export class ListenError extends Error {
  readonly code: string
  readonly host: string
  readonly port: number

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    super(`Cannot listen on ${place}: ${describeListenError(cause)}`, { cause })
    this.name = 'ListenError'
    this.code = cause.code ?? 'UNKNOWN'
    this.host = host
    this.port = port
  }
}

function describeListenError(cause: NodeJS.ErrnoException): string {
  switch (cause.code ?? '') {
    case 'EADDRINUSE':
      return 'the port is in use'
    case 'EACCES':
      return 'this user may not open it; accepted are ports from 1024 on, the capability CAP_NET_BIND_SERVICE (setcap, systemd, securityContext), or a lower net.ipv4.ip_unprivileged_port_start'
    case 'EADDRNOTAVAIL':
      return 'this machine does not have the address'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no address is known for the name'
    default:
      return cause.message
  }
}
