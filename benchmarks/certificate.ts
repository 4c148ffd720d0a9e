/** One key pair for every peer, made by the openssl command. */
import { execFileSync } from 'node:child_process'
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'
import { BENCH_HOST } from './peers/peer.ts'

export function createBenchCertificate(folder: TemporaryFolder): { certificateFile: string; keyFile: string } {
  const certificateFile = folder.file('bench.crt')
  const keyFile = folder.file('bench.key')
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
      .concat(['-subj', `/CN=${BENCH_HOST}`, '-addext', `subjectAltName=DNS:${BENCH_HOST}`])
      .concat(['-keyout', keyFile, '-out', certificateFile]),
    { stdio: 'ignore' },
  )
  return { certificateFile, keyFile }
}
