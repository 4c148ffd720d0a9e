/** What a command that looks and exits works on: its objects read, from files or a cluster, and translated. */
import type { OfflineOptions, OfflineTranslation } from '../controller/offline.ts'
import { translateSource } from '../controller/offline.ts'
import {
  BFD_PROFILES,
  BGP_ADVERTISEMENTS,
  BGP_PEERS,
  COMMUNITIES,
  DAEMON_SETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  INGRESS_CLASS_PARAMS,
  INGRESS_CLASSES,
  INGRESSES,
  IP_ADDRESS_POOLS,
  L2_ADVERTISEMENTS,
  NAMESPACES,
  PODS,
  REPLICA_SETS,
  type Resource,
  SERVICES,
  STATEFUL_SETS,
} from '../sources/cluster/resource.ts'
import type { TranslationFlags } from './flags.ts'
import type { CommandIo } from './io.ts'
import { toStreamOptions } from './nginx-flags/stream-flags.ts'
import { readCluster } from './read-cluster.ts'
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
/** The configuration of bare metal. */
const METAL_KINDS: readonly Resource[] = [
  IP_ADDRESS_POOLS,
  L2_ADVERTISEMENTS,
  BGP_ADVERTISEMENTS,
  BGP_PEERS,
  BFD_PROFILES,
  COMMUNITIES,
]
/** `lint` looks at selectors too, and at load balancers as AWS would have them. */
export const LINT_KINDS: readonly Resource[] = [
  ...ROUTE_KINDS,
  STATEFUL_SETS,
  REPLICA_SETS,
  PODS,
  INGRESS_CLASS_PARAMS,
  ...METAL_KINDS,
]

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
    judgesAlbs: name === 'lint',
  }
  if (!isCluster(flags)) return await translateSource({ kind: 'files', paths }, options)
  return await translateCluster(name === 'lint' ? LINT_KINDS : ROUTE_KINDS, flags, options, io)
}

async function translateCluster(
  kinds: readonly Resource[],
  flags: SourceFlags,
  options: OfflineOptions,
  io: CommandIo,
): Promise<OfflineTranslation> {
  return await readCluster(kinds, flags, io, async (reading) => {
    const result = await translateSource({ kind: 'cluster', reading }, options)
    return { result, unread: result.unread }
  })
}
