/** What a command that looks and exits works on: its objects read, from files or a cluster, and translated. */
import type { OfflineOptions, OfflineSource, OfflineTranslation } from '../controller/offline.ts'
import { translateSource } from '../controller/offline.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { readClusterOnce } from '../sources/cluster/read-once.ts'
import {
  DAEMON_SETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  INGRESS_CLASSES,
  INGRESSES,
  NAMESPACES,
  PODS,
  REPLICA_SETS,
  type Resource,
  SERVICES,
  STATEFUL_SETS,
} from '../sources/cluster/resource.ts'
import type { TranslationFlags } from './flags.ts'
import { type CommandIo, UsageError } from './io.ts'
import { toStreamOptions } from './nginx-flags/stream-flags.ts'
import { escapeLine } from './report/escape.ts'
import { checkSource, isCluster, type SourceFlags } from './source-flags.ts'

/** What routes, and the arguments of controllers, are made of. */
const ROUTE_KINDS: readonly Resource[] = [
  INGRESSES,
  INGRESS_CLASSES,
  SERVICES,
  ENDPOINT_SLICES,
  NAMESPACES,
  DEPLOYMENTS,
  DAEMON_SETS,
]
/** `lint` looks at selectors too. */
const LINT_KINDS: readonly Resource[] = [...ROUTE_KINDS, STATEFUL_SETS, REPLICA_SETS, PODS]

/**
 * Reads the objects that a command is about and translates them.
 *
 * @param name the command's, for messages
 * @throws {UsageError} when it is not said what to read, or twice
 * @throws {AccessError} when the cluster cannot be read at all
 */
export async function translateFrom(
  name: 'lint' | 'routes' | 'explain' | 'migrate',
  paths: readonly string[],
  flags: SourceFlags & TranslationFlags,
  io: CommandIo,
): Promise<OfflineTranslation> {
  checkSource(name, paths, flags)
  const options: OfflineOptions = {
    classes: flags.class,
    configMap: flags.configMap,
    defaultBackendService: flags.defaultBackendService,
    ...toStreamOptions(flags),
    nowMs: Date.now(),
  }
  if (!isCluster(flags)) return await translateSource({ kind: 'files', paths }, options)
  return await translateCluster(name === 'lint' ? LINT_KINDS : ROUTE_KINDS, flags, options, io)
}

async function translateCluster(
  kinds: readonly Resource[],
  { kubeconfig = '', context = '', namespace: namespaces = [] }: SourceFlags,
  options: OfflineOptions,
  io: CommandIo,
): Promise<OfflineTranslation> {
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
    const source: OfflineSource = { kind: 'cluster', reading }
    const result = await translateSource(source, options)
    show('')
    for (const { message } of result.unread) io.stderr.write(`${escapeLine(message)}\n`)
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
