/** A bearer token in a file that somebody else renews: a kubelet replaces the tokens of service accounts about hourly. */
import { readFile } from 'node:fs/promises'
import { AccessError, type Credentials } from './cluster-access.ts'

/** As client-go does it. */
const REREAD_MS = 60_000

export function tokenFileCredentials(file: string, nowMs: () => number = () => performance.now()): Credentials {
  let authorization = ''
  let readAtMs = Number.NEGATIVE_INFINITY
  return {
    async next() {
      if (nowMs() - readAtMs >= REREAD_MS) {
        try {
          authorization = `Bearer ${(await readFile(file, 'utf8')).trim()}`
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          // The one that was read serves on: it may be valid still.
          if (authorization === '') throw new AccessError(`Cannot read the token ${file}: ${reason}`, { cause: error })
        }
        readAtMs = nowMs()
      }
      return { authorization }
    },
    refused(used) {
      // Several requests may be refused with the same token: the one that replaced it is not read again for each.
      if (used.authorization === authorization) readAtMs = Number.NEGATIVE_INFINITY
    },
  }
}
