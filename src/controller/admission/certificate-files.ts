/** A certificate and its key in files that somebody else renews. */
import { readFile } from 'node:fs/promises'
import type { CertificatePair } from '../../base/certificate.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

const LOOK_MS = 1000

/**
 * Gives the pair now and whenever it changes, until the function that is returned is called. Files are looked at, not
 * watched: mounted Secrets are exchanged by a link far above them.
 *
 * @param use throws when the two do not belong together, as between the writing of one and of the other
 */
export async function followCertificateFiles(
  files: CertificateFiles,
  use: (pair: CertificatePair) => void,
  onProblem: (message: string) => void,
): Promise<() => void> {
  let current = ''
  let complaint = ''
  const look = async (): Promise<void> => {
    try {
      const [certPem, keyPem] = await Promise.all([readFile(files.certificate, 'utf8'), readFile(files.key, 'utf8')])
      if (certPem + keyPem === current) return
      use({ certPem, keyPem })
      current = certPem + keyPem
      complaint = ''
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (reason === complaint) return
      complaint = reason
      onProblem(`Cannot use the certificate of the admission webhook in ${files.certificate}: ${reason}`)
    }
  }
  await look()
  const timer = setInterval(() => void look(), LOOK_MS).unref()
  return () => clearInterval(timer)
}
