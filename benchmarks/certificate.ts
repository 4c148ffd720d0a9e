/** One key pair for every peer: ECDSA P-256, as most certificates of today. */
import { writeFileSync } from 'node:fs'
import { createSelfSigned } from '../src/base/certificate.ts'
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'
import { BENCH_HOST } from './peers/peer.ts'

export async function createBenchCertificate(
  folder: TemporaryFolder,
): Promise<{ readonly certificateFile: string; readonly keyFile: string }> {
  const pair = await createSelfSigned([BENCH_HOST])
  const files = { certificateFile: folder.file('bench.crt'), keyFile: folder.file('bench.key') }
  writeFileSync(files.certificateFile, pair.certPem)
  writeFileSync(files.keyFile, pair.keyPem, { mode: 0o600 })
  return files
}
