/** Variables about the client's connection: addresses, TLS, the PROXY protocol. */
import { describeVerification, type TlsClient } from '../../routing/client-certificate-check.ts'
import type { ClientCertificate } from '../../routing/client-certificate-check.ts'
import { addressBytes } from './address-bytes.ts'
import type { RequestRecord } from '../request-record.ts'
import type { LogVariable } from './variables.ts'

export const CONNECTION_VARIABLES: Readonly<Record<string, LogVariable>> = {
  remote_addr: plain((record) => record.remoteAddress),
  binary_remote_addr: { kind: 'text', get: (record) => addressBytes(record.remoteAddress) },
  the_real_ip: plain((record) => record.remoteAddress),
  realip_remote_addr: plain((record) => record.peerAddress || record.remoteAddress),
  remote_port: plain((record) => String(record.remotePort)),
  realip_remote_port: plain((record) => String(record.remotePort)),
  server_addr: plain((record) => record.client?.connection?.serverAddress),
  server_port: plain((record) => String(record.serverPort)),
  connection: plain((record) => countOrNothing(record.client?.connection?.serial ?? 0)),
  connection_requests: plain((record) => countOrNothing(record.connectionRequests)),
  // nginx's word for a pipelined request is "p"; the request after is not known yet when this one is logged.
  pipe: plain(() => '.'),
  proxy_protocol_addr: plain((record) => record.client?.proxied?.addresses.sourceAddress),
  proxy_protocol_port: plain((record) => portOrNothing(record.client?.proxied?.addresses.sourcePort)),
  proxy_protocol_server_addr: plain((record) => record.client?.proxied?.addresses.destinationAddress),
  proxy_protocol_server_port: plain((record) => portOrNothing(record.client?.proxied?.addresses.destinationPort)),
  https: { kind: 'plain', get: (record) => (record.scheme === 'https' ? 'on' : '') },
  http2: {
    kind: 'plain',
    get: (record) => (record.protocol !== 'HTTP/2.0' ? '' : record.scheme === 'https' ? 'h2' : 'h2c'),
  },
  http3: { kind: 'plain', get: () => '' },
  ssl_protocol: plain((record) => record.tlsProtocol),
  ssl_cipher: plain((record) => record.tlsCipher),
  ssl_server_name: { kind: 'text', get: (record) => orNothing(record.client?.connection?.serverName) },
  ssl_alpn_protocol: plain((record) => record.client?.connection?.alpnProtocol),
  ssl_session_reused: plain((record) =>
    record.tlsProtocol === '' ? '' : record.client?.connection?.isResumed === true ? 'r' : '.',
  ),
  ssl_client_verify: { kind: 'text', get: (record) => orNothing(verification(record)) },
  ssl_client_s_dn: certificate((shown) => shown.subjectDn),
  ssl_client_i_dn: certificate((shown) => shown.issuerDn),
  ssl_client_serial: certificate((shown) => shown.serial),
  ssl_client_fingerprint: certificate((shown) => shown.fingerprint),
  ssl_client_v_start: certificate((shown) => shown.validFrom),
  ssl_client_v_end: certificate((shown) => shown.validTo),
  ssl_client_escaped_cert: certificate((shown) => encodeURIComponent(shown.pem)),
}

/** Empty or absent is "not found". */
function plain(get: (record: RequestRecord) => string | null | undefined): LogVariable {
  return { kind: 'plain', get: (record) => orNothing(get(record)) }
}

function certificate(get: (shown: ClientCertificate) => string): LogVariable {
  return {
    kind: 'text',
    get: (record) => {
      const shown = clientOf(record)?.certificate ?? null
      return shown === null ? null : orNothing(get(shown))
    },
  }
}

/** Over TLS `NONE` where nobody was asked, as nginx has it. */
function verification(record: RequestRecord): string {
  if (record.tlsProtocol === '') return ''
  const client = clientOf(record)
  return client === null ? 'NONE' : describeVerification(client)
}

function clientOf(record: RequestRecord): TlsClient | null {
  return record.client?.tlsClient ?? null
}

function orNothing(value: string | null | undefined): string | null {
  return value === undefined || value === '' ? null : value
}

function countOrNothing(value: number): string {
  return value === 0 ? '' : String(value)
}

function portOrNothing(port: number | undefined): string {
  return port === undefined ? '' : String(port)
}
