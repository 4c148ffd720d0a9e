/** The traffic that is measured. */
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'
import { runH2load } from './load/h2load.ts'
import { runHandshakes } from './load/handshakes.ts'
import type { LoadResult } from './load/load-result.ts'
import { runWrk } from './load/wrk.ts'
import type { Group } from './options.ts'
import { caddyPeer } from './peers/caddy.ts'
import { envoyPeer } from './peers/envoy.ts'
import { genkanManyPeer, genkanPeer, genkanTwoPeer } from './peers/genkan.ts'
import { haproxyPeer } from './peers/haproxy.ts'
import { nginxLuaPeer, nginxPeer, nginxTunedPeer } from './peers/nginx.ts'
import { BENCH_HOST, GRPC_SERVICE, type Peer, type PeerKind } from './peers/peer.ts'
import { traefikPeer } from './peers/traefik.ts'
import { HUGE_BYTES, LARGE_BYTES, UPSTREAM_PATHS } from './upstream.ts'

export interface Scenario {
  readonly group: Group
  readonly name: string
  /** The first is the reference of the ratios. */
  readonly peers: readonly PeerKind[]
  run(peer: Peer, seconds: number, folder: TemporaryFolder): Promise<LoadResult>
}

const USUAL = [nginxPeer, haproxyPeer, genkanPeer]
const BODIES = [nginxPeer, nginxTunedPeer, haproxyPeer, genkanPeer]
const ALL = [nginxPeer, nginxLuaPeer, haproxyPeer, envoyPeer, traefikPeer, caddyPeer, genkanPeer]

interface Wrk {
  readonly scheme?: 'http' | 'https'
  readonly path: string
  readonly connections: number
  readonly bodyBytes?: number
}

const small = { path: UPSTREAM_PATHS.small, connections: 32 }

export const SCENARIOS: readonly Scenario[] = [
  wrk('plain', 'HTTP/1.1 plain, 1 KiB, 32 connections', USUAL, small),
  wrk('tls', 'HTTP/1.1 TLS keep-alive, 1 KiB, 32 connections', USUAL, { ...small, scheme: 'https' }),
  h2('HTTP/2 TLS, 1 KiB, 4 connections x 32 streams', 4, 32),
  h2('HTTP/2 TLS, 1 KiB, 4 connections x 1 stream', 4, 1),
  grpc('gRPC unary over TLS, 4 connections x 32 streams', 4, 32),
  handshakes('TLS 1.3 full handshake and one request', false),
  handshakes('TLS 1.3 resumed handshake and one request', true),
  wrk('body', 'download 1 MiB, plain, 4 connections', BODIES, { path: UPSTREAM_PATHS.large, connections: 4 }),
  wrk('body', 'download 1 MiB, TLS, 4 connections', BODIES, {
    scheme: 'https',
    path: UPSTREAM_PATHS.large,
    connections: 4,
  }),
  wrk('body', 'upload 1 MiB, plain, 4 connections', BODIES, upload(LARGE_BYTES, 4)),
  wrk('huge', 'download 64 MiB, plain, 2 connections', BODIES, { path: UPSTREAM_PATHS.huge, connections: 2 }),
  wrk('huge', 'upload 64 MiB, plain, 2 connections', BODIES, upload(HUGE_BYTES, 2)),
  wrk('routes', 'HTTP/1.1 plain, 1 KiB, one route or 10,000 hosts x 5 paths', [genkanPeer, genkanManyPeer], small),
  wrk('workers', 'HTTP/1.1 plain, 1 KiB, one worker or two', [genkanPeer, genkanTwoPeer], small),
  wrk('peers', 'HTTP/1.1 plain, 1 KiB, every peer', ALL, small),
]

function upload(bodyBytes: number, connections: number): Wrk {
  return { path: UPSTREAM_PATHS.upload, connections, bodyBytes }
}

function wrk(group: Group, name: string, peers: readonly PeerKind[], load: Wrk): Scenario {
  const { scheme = 'http', path, connections, bodyBytes = 0 } = load
  return {
    group,
    name,
    peers,
    run: (peer, seconds, folder) => {
      const url = `${scheme}://127.0.0.1:${scheme === 'http' ? peer.httpPort : peer.httpsPort}${path}`
      return runWrk({ url, host: BENCH_HOST, connections, seconds, bodyBytes }, folder)
    },
  }
}

function h2(name: string, connections: number, streams: number): Scenario {
  const path = UPSTREAM_PATHS.small
  return {
    group: 'h2',
    name,
    peers: USUAL,
    run: (peer, seconds, folder) =>
      runH2load({ port: peer.httpsPort, host: BENCH_HOST, path, connections, streams, seconds }, folder),
  }
}

function grpc(name: string, connections: number, streams: number): Scenario {
  const grpcMessage = Buffer.concat([Buffer.from([0, 0, 0, 0, 64]), Buffer.alloc(64, 'm')])
  const path = `/${GRPC_SERVICE}/Call`
  return {
    group: 'grpc',
    name,
    peers: [nginxPeer, haproxyPeer, envoyPeer, genkanPeer],
    run: (peer, seconds, folder) =>
      runH2load({ port: peer.httpsPort, host: BENCH_HOST, path, connections, streams, seconds, grpcMessage }, folder),
  }
}

function handshakes(name: string, isResumed: boolean): Scenario {
  return {
    group: 'handshake',
    name,
    peers: USUAL,
    run: (peer, seconds) =>
      runHandshakes({ port: peer.httpsPort, host: BENCH_HOST, path: UPSTREAM_PATHS.small, seconds, isResumed }),
  }
}
