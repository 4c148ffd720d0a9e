/** What the benchmark needs to know about a proxy under test. */
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TemporaryFolder } from '../../test/support/temporary-folder.ts'

/** Every peer serves this one host and forwards all its paths to the upstream. */
export const BENCH_HOST = 'bench.example'

/** Requests for its methods go to the gRPC upstream. */
export const GRPC_SERVICE = 'bench.Echo'

/** Genkan's order: the others get it too, so that all encrypt with the same cipher. */
export const TLS13_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

export interface PeerSetup {
  readonly folder: TemporaryFolder
  readonly certificateFile: string
  readonly keyFile: string
  /** HTTP/1.1 upstream. */
  readonly upstreamPort: number
  /** Answers gRPC over HTTP/2 by prior knowledge; 0 where no run needs it. */
  readonly grpcUpstreamPort: number
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
  /** False where the program cannot add the same headers: it does less work than the others. */
  readonly isEquivalent: boolean
  start(setup: PeerSetup): Promise<Peer>
}

/** @returns where `scripts/install-bench-peers.sh` put a program */
export function cachedProgram(folder: string, name: string): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'genkan', folder, name)
}

/** For programs that say nothing once they listen: their port is tried until it answers, 10 s at most. */
export async function waitForPort(port: number, name: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (isOpen) return
    await delay(50)
  }
  throw new Error(`Cannot start ${name}: port ${port} did not open in 10 s`)
}
