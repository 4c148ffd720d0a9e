/** What the benchmark needs to know about a proxy under test. */
import type { TemporaryFolder } from '../../test/support/temporary-folder.ts'

/** Every peer serves this one host and forwards all its paths to the upstream. */
export const BENCH_HOST = 'bench.example'

/** Genkan's order: the others get it too, so that all encrypt with the same cipher. */
export const TLS13_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

export interface PeerSetup {
  readonly folder: TemporaryFolder
  readonly certificateFile: string
  readonly keyFile: string
  readonly upstreamPort: number
}

export interface Peer {
  readonly name: string
  readonly version: string
  /** Root of the process tree whose CPU and memory count. */
  readonly pid: number
  readonly httpPort: number
  readonly httpsPort: number
  stop(): Promise<void>
}

export interface PeerKind {
  readonly name: string
  start(setup: PeerSetup): Promise<Peer>
}
