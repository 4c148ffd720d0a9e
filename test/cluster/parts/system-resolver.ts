/** A program that sees another `/etc/resolv.conf`: as root, in a mount namespace of its own. */
import { writeFileSync } from 'node:fs'
import type { TemporaryFolder } from '../../support/temporary-folder.ts'

/** @returns what comes before a command for it to ask the name server at 127.0.0.1:53 */
export function withLocalNameServer(folder: TemporaryFolder): readonly string[] {
  const file = folder.file('resolv.conf')
  writeFileSync(file, 'nameserver 127.0.0.1\noptions timeout:1\n')
  return ['unshare', '--mount', 'bash', '-c', `mount --bind '${file}' /etc/resolv.conf && exec "$@"`, 'with-resolver']
}
