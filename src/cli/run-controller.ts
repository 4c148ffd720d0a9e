/** A controller of a cluster that carries no traffic itself (`genkan serve --provider ...`), from its command line to its end. */
import { Command, InvalidArgumentError } from 'commander'
import { anyAddress } from './any-address.ts'
import type { ApiTransport } from '../sources/cluster/api-transport.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { parsePort } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'
import { waitForStop } from './wait-for-stop.ts'

/** Flags that {@link controllerCommand} and {@link addReplicaFlags} define. */
export interface ControllerFlags {
  readonly kubeconfig: string
  readonly context: string
  readonly adminHost: string
  readonly adminPort: number
  readonly leaderElectionId: string
  readonly leaderElectionTtl: number
}

interface RunningController {
  readonly adminPort: number
  readonly close: () => Promise<void>
}

interface ControllerEvents {
  readonly problem: (message: string) => void
  readonly leading: (isLeader: boolean) => void
}

export interface Controller {
  /** What the leader does, such as `gives addresses`. */
  readonly task: string
  /** What stays when it ends, such as `addresses`. */
  readonly stays: string
  /** `null` when the signal came first. */
  readonly start: (
    transport: ApiTransport,
    events: ControllerEvents,
    signal: AbortSignal,
  ) => Promise<RunningController | null>
}

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start @throws {UsageError} for a wrong command line */
export async function runController(flags: ControllerFlags, controller: Controller, io: CommandIo): Promise<number> {
  const say = (message: string): void => io.stderr.write(`${escapeLine(message)}\n`)
  const leading = (isLeader: boolean): void =>
    say(isLeader ? `This replica leads: it ${controller.task}` : 'Another replica leads')
  const stop = waitForStop()
  let server: RunningController | null
  try {
    const transport = await openCluster({ kubeconfig: flags.kubeconfig, context: flags.context })
    say(`Reading the cluster at ${transport.access.server} (${transport.access.from})`)
    server = await controller.start(transport, { problem: say, leading }, stop)
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (!(error instanceof AccessError) && !(error instanceof Error && 'code' in error)) throw error
    say(error.message)
    return EXIT_ERRORS
  }
  if (server === null) return EXIT_OK
  io.stdout.write(`${JSON.stringify({ event: 'ready', admin: `http://127.0.0.1:${server.adminPort}` })}\n`)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  say(`Shutting down: ${controller.stays} stay`)
  await server.close()
  return EXIT_OK
}

/** With what every provider has; the provider's own flags and {@link addReplicaFlags} follow. */
export function controllerCommand(provider: string, description: string, io: CommandIo): Command {
  return new Command(`genkan serve --provider ${provider}`)
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(run with --help for the flags and examples)')
    .requiredOption('--provider <name>', provider)
    .option('--kubeconfig <file>', 'cluster to read (default: $KUBECONFIG, ~/.kube/config, then the pod’s own)', '')
    .option('--context <name>', 'context of the kubeconfig', '')
}

export function addReplicaFlags(command: Command, lease: string): Command {
  return command
    .option('--admin-host <address>', 'address of health and metrics, empty = all', '127.0.0.1')
    .option('--admin-port <port>', 'port for health and metrics, 0 = any free one', parsePort, 10254)
    .option('--leader-election-id <name>', 'Lease of the replicas', lease)
    .option('--leader-election-ttl <seconds>', 'how long a Lease holds', parseSeconds, 15)
}

/** Empty = all. */
export function adminHostOf({ adminHost }: ControllerFlags): string {
  return adminHost === '' ? anyAddress() : adminHost
}

export function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds < 1) throw new InvalidArgumentError('write whole seconds, at least 1')
  return seconds
}
