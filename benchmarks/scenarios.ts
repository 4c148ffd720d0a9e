/** The traffic that is measured. */
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'
import { runH2load } from './load/h2load.ts'
import type { LoadResult } from './load/load-result.ts'
import { runWrk } from './load/wrk.ts'
import type { Group } from './options.ts'
import { BENCH_HOST, type Peer } from './peers/peer.ts'
import { LARGE_BYTES, UPSTREAM_PATHS } from './upstream.ts'

export interface Scenario {
  readonly group: Group
  readonly name: string
  run(peer: Peer, seconds: number, folder: TemporaryFolder): Promise<LoadResult>
}

export const SCENARIOS: readonly Scenario[] = [
  wrkScenario('plain', 'HTTP/1.1 plain, 1 KiB, 32 connections', 'http', UPSTREAM_PATHS.small, 32, 0),
  wrkScenario('tls', 'HTTP/1.1 TLS keep-alive, 1 KiB, 32 connections', 'https', UPSTREAM_PATHS.small, 32, 0),
  h2Scenario('HTTP/2 TLS, 1 KiB, 4 connections x 32 streams', 4, 32),
  h2Scenario('HTTP/2 TLS, 1 KiB, 4 connections x 1 stream', 4, 1),
  wrkScenario('body', 'download 1 MiB, plain, 4 connections', 'http', UPSTREAM_PATHS.large, 4, 0),
  wrkScenario('body', 'download 1 MiB, TLS, 4 connections', 'https', UPSTREAM_PATHS.large, 4, 0),
  wrkScenario('body', 'upload 1 MiB, plain, 4 connections', 'http', UPSTREAM_PATHS.upload, 4, LARGE_BYTES),
]

function wrkScenario(
  group: Group,
  name: string,
  scheme: 'http' | 'https',
  path: string,
  connections: number,
  bodyBytes: number,
): Scenario {
  return {
    group,
    name,
    run: (peer, seconds, folder) =>
      runWrk(
        {
          url: `${scheme}://127.0.0.1:${scheme === 'http' ? peer.httpPort : peer.httpsPort}${path}`,
          host: BENCH_HOST,
          connections,
          seconds,
          bodyBytes,
        },
        folder,
      ),
  }
}

function h2Scenario(name: string, connections: number, streams: number): Scenario {
  return {
    group: 'h2',
    name,
    run: (peer, seconds, folder) =>
      runH2load(
        { port: peer.httpsPort, host: BENCH_HOST, path: UPSTREAM_PATHS.small, connections, streams, seconds },
        folder,
      ),
  }
}
