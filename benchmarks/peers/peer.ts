/** What the benchmark needs to know about a proxy under test. */
import type { TemporaryFolder } from '../../test/support/temporary-folder.ts'

/** Every peer serves this one host and forwards all its paths to the upstream. */
export const BENCH_HOST = 'bench.example'

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
