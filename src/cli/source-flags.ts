/** Where a command's objects come from: files (PATH), or a cluster by the caller's kubeconfig or service account, never both. */
import type { Command } from 'commander'
import { collect } from './flags.ts'
import { UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'

export interface SourceFlags {
  readonly cluster?: boolean
  readonly kubeconfig?: string
  readonly context?: string
  readonly namespace?: readonly string[]
}

export function addSourceFlags(command: Command): Command {
  return command
    .option('--cluster', 'read a cluster instead of PATH: the current context of the kubeconfig, or the pod’s own')
    .option('--kubeconfig <file>', 'read the cluster of this kubeconfig (default: $KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'read the cluster of this context of the kubeconfig')
    .option(
      '--namespace <name>',
      'read only this namespace of the cluster; repeat for more (default: all)',
      collect,
      [],
    )
}

/** True when the flags mean a cluster. */
export function isCluster({ cluster = false, kubeconfig, context }: SourceFlags): boolean {
  return cluster || kubeconfig !== undefined || context !== undefined
}

/** Where the command's name is no verb. */
const ACTIONS: Readonly<Record<string, string>> = { routes: 'list routes', speaker: 'speak for a node' }

/** @throws {UsageError} when it is not said what to read, or twice */
export function checkSource(name: string, paths: readonly string[], flags: SourceFlags): void {
  const wanted = 'give a PATH (a file, a folder or -), or a cluster with --cluster, --kubeconfig FILE or --context NAME'
  const reads = isCluster(flags)
  if (reads && paths.length > 0)
    throw new UsageError(
      escapeLine(`Cannot ${ACTIONS[name] ?? name}: both ${paths[0]} and a cluster are given; ${wanted}, not both`),
    )
  if (reads) return
  if ((flags.namespace ?? []).length > 0)
    throw new UsageError(`Cannot use --namespace: it limits what is read from a cluster; ${wanted}`)
  if (paths.length === 0)
    throw new UsageError(
      `Cannot ${ACTIONS[name] ?? name}: nothing to read is given; ${wanted}${name === 'explain' ? ', or a running genkan with --live ADMIN_URL' : ''}`,
    )
}
