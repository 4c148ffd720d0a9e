/** Envoy with the same added headers, one worker thread, and its access log to a file. */
import { existsSync, writeFileSync } from 'node:fs'
import { findFreePort } from '../../test/support/free-port.ts'
import { startProgram } from '../../test/support/program.ts'
import { BENCH_HOST, cachedProgram, GRPC_SERVICE, type PeerKind, type PeerSetup, waitForPort } from './peer.ts'

const VERSION = '1.40.0'

export const envoyPeer: PeerKind = {
  name: 'envoy',
  isEquivalent: false,
  async start(setup) {
    const program = cachedProgram(`envoy-${VERSION}`, 'envoy')
    if (!existsSync(program)) throw new Error('Cannot find envoy; install it with scripts/install-bench-peers.sh')
    const httpPort = await findFreePort()
    const httpsPort = await findFreePort()
    const file = setup.folder.file(`envoy-${httpPort}.json`)
    writeFileSync(file, JSON.stringify(bootstrap(setup, httpPort, httpsPort)))
    const child = await startProgram(program, [
      '-c',
      file,
      '--concurrency',
      '1',
      '--log-level',
      'error',
      '--use-dynamic-base-id',
    ])
    await waitForPort(httpsPort, 'envoy')
    return { name: 'envoy', version: `envoy ${VERSION}`, pid: child.pid, httpPort, httpsPort, stop: () => child.stop() }
  },
}

const LOG_LINE =
  '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% - - [%START_TIME%] "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %BYTES_SENT% ' +
  '"%REQ(REFERER)%" "%REQ(USER-AGENT)%" %BYTES_RECEIVED% %DURATION% [bench-echo-80] [] %UPSTREAM_HOST% %BYTES_SENT% ' +
  '%RESPONSE_DURATION% %RESPONSE_CODE% %REQ(X-REQUEST-ID)%\n'

function bootstrap(setup: PeerSetup, httpPort: number, httpsPort: number): object {
  return {
    static_resources: {
      listeners: [listener(setup, httpPort, false), listener(setup, httpsPort, true)],
      clusters: [
        cluster('echo', setup.upstreamPort, false),
        cluster('grpc', setup.grpcUpstreamPort || setup.upstreamPort, true),
      ],
    },
  }
}

function listener(setup: PeerSetup, port: number, isTls: boolean): object {
  const header = (key: string, value: string): object => ({
    header: { key, value },
    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  })
  const scheme = isTls ? 'https' : 'http'
  return {
    name: scheme,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        ...(isTls ? { transport_socket: tls(setup) } : {}),
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: scheme,
              codec_type: 'AUTO',
              use_remote_address: true,
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                },
              ],
              access_log: [
                {
                  name: 'envoy.access_loggers.file',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                    path: setup.folder.file(`envoy-${port}.log`),
                    log_format: { text_format_source: { inline_string: LOG_LINE } },
                  },
                },
              ],
              route_config: {
                virtual_hosts: [
                  {
                    name: 'bench',
                    domains: [BENCH_HOST, `${BENCH_HOST}:*`],
                    request_headers_to_add: [
                      header('X-Real-IP', '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'),
                      header('X-Forwarded-Host', '%REQ(:AUTHORITY)%'),
                      header('X-Forwarded-Port', isTls ? '443' : String(port)),
                      header('X-Forwarded-Scheme', scheme),
                      header('X-Scheme', scheme),
                    ],
                    routes: [
                      { match: { prefix: `/${GRPC_SERVICE}/` }, route: { cluster: 'grpc', timeout: '60s' } },
                      { match: { prefix: '/' }, route: { cluster: 'echo', timeout: '60s' } },
                    ],
                  },
                ],
              },
            },
          },
        ],
      },
    ],
  }
}

function tls(setup: PeerSetup): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        alpn_protocols: ['h2', 'http/1.1'],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
        tls_certificates: [
          { certificate_chain: { filename: setup.certificateFile }, private_key: { filename: setup.keyFile } },
        ],
      },
    },
  }
}

function cluster(name: string, port: number, isHttp2: boolean): object {
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] },
      ],
    },
    ...(isHttp2
      ? {
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        }
      : {}),
  }
}
