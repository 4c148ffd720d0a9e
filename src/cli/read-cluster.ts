/** Reads a cluster once with the caller's rights, for commands that look and exit, and says what could not be read. */
import type { Finding } from '../base/finding.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { type ClusterReading, readClusterOnce } from '../sources/cluster/read-once.ts'
import { NAMESPACES, type Resource } from '../sources/cluster/resource.ts'
import { type CommandIo, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'
import type { SourceFlags } from './source-flags.ts'

/**
 * @param use what to make of it; it may read more through the reading
 * @throws {AccessError} when the cluster cannot be read at all
 * @throws {UsageError} when the kubeconfig cannot be used
 */
export async function readCluster<T>(
  kinds: readonly Resource[],
  { kubeconfig = '', context = '', namespace: namespaces = [] }: SourceFlags,
  io: CommandIo,
  use: (reading: ClusterReading) => Promise<{ readonly result: T; readonly unread: readonly Finding[] }>,
): Promise<T> {
  const transport = await openForUser(kubeconfig, context)
  const show = (text: string): void => {
    if (io.stderr.isTTY) io.stderr.write(`\r\u001B[K${escapeLine(text)}`)
  }
  try {
    show(`Reading the cluster at ${transport.access.server}`)
    const reading = await readClusterOnce({
      transport,
      namespaces,
      // Whoever may read some namespaces only cannot list Namespaces.
      resources: namespaces.length === 0 ? kinds : kinds.filter((kind) => kind !== NAMESPACES),
      onProgress: ({ objects, done, all }) =>
        show(`Reading the cluster at ${transport.access.server}: ${objects} objects, ${done} of ${all} kinds`),
    })
    const { result, unread } = await use(reading)
    show('')
    for (const { message } of unread) io.stderr.write(`${escapeLine(message)}\n`)
    reportUnreadObjects(reading.unreadObjects, io)
    return result
  } finally {
    show('')
    transport.close()
  }
}

/** What is written on the command line, or in the file that it names, is the caller's to correct. */
async function openForUser(kubeconfig: string, context: string): ReturnType<typeof openCluster> {
  try {
    return await openCluster({ kubeconfig, context })
  } catch (error) {
    if (error instanceof AccessError) throw new UsageError(escapeLine(error.message))
    throw error
  }
}

/** Names on a line; more are counted. */
const MOST_NAMES = 5

function reportUnreadObjects(unread: ReadonlyMap<string, string>, io: CommandIo): void {
  if (unread.size === 0) return
  const names = [...unread.keys()].sort()
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  const text =
    `Cannot read ${names.slice(0, MOST_NAMES).join(', ')}${more}: the API server does not allow it; ` +
    'whether they exist and fit is not known, and routes that they protect are shown as closed'
  io.stderr.write(`${escapeLine(text)}\n`)
}
