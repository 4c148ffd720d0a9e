/** `genkan serve --provider metal`: gives addresses to Services of type LoadBalancer until it is told to stop. */
import { hostname } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { type AddressController, startAddressController } from '../controller/metal/addresses/address-controller.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { parsePort } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'
import { waitForStop } from './wait-for-stop.ts'

interface ServeMetalFlags {
  readonly kubeconfig: string
  readonly context: string
  readonly metalNamespace: string
  readonly lbClass: string
  readonly validatingWebhook: string
  readonly validatingWebhookCertificate: string
  readonly validatingWebhookKey: string
  readonly webhookConfiguration: string
  readonly adminHost: string
  readonly adminPort: number
  readonly leaderElectionId: string
  readonly leaderElectionTtl: number
}

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start @throws {UsageError} for a wrong command line */
export async function runServeMetal(args: readonly string[], io: CommandIo): Promise<number> {
  const command = createCommand(io)
  await command.parseAsync([...args], { from: 'user' })
  const flags = command.opts<ServeMetalFlags>()
  const say = (message: string): void => io.stderr.write(`${escapeLine(message)}\n`)
  const stop = waitForStop()
  let server: AddressController | null
  try {
    const transport = await openCluster({ kubeconfig: flags.kubeconfig, context: flags.context })
    const { access } = transport
    say(`Reading the cluster at ${access.server} (${access.from})`)
    const podNamespace = io.env['POD_NAMESPACE'] ?? flags.metalNamespace
    server = await startAddressController(
      transport,
      {
        metalNamespace: flags.metalNamespace,
        loadBalancerClass: flags.lbClass,
        webhook: {
          address: flags.validatingWebhook,
          certificateFile: flags.validatingWebhookCertificate,
          keyFile: flags.validatingWebhookKey,
          configuration: flags.webhookConfiguration,
        },
        adminHost: flags.adminHost,
        adminPort: flags.adminPort,
        podName: io.env['POD_NAME'] ?? hostname(),
        podNamespace,
        electionId: flags.leaderElectionId,
        electionTtlMs: flags.leaderElectionTtl * 1000,
      },
      {
        problem: say,
        leading: (isLeader) => say(isLeader ? 'This replica leads: it gives addresses' : 'Another replica leads'),
      },
      stop,
    )
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (!(error instanceof AccessError) && !(error instanceof Error && 'code' in error)) throw error
    say(error.message)
    return EXIT_ERRORS
  }
  if (server === null) return EXIT_OK
  io.stdout.write(`${JSON.stringify({ event: 'ready', admin: `http://127.0.0.1:${server.adminPort}` })}\n`)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  say('Shutting down: addresses stay')
  await server.close()
  return EXIT_OK
}

function createCommand(io: CommandIo): Command {
  return new Command('genkan serve --provider metal')
    .description('Give addresses of pools to the Services of type LoadBalancer of a cluster on bare metal.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(run with --help for the flags and examples)')
    .requiredOption('--provider <name>', 'metal')
    .option('--kubeconfig <file>', 'cluster to read (default: $KUBECONFIG, ~/.kube/config, then the pod’s own)', '')
    .option('--context <name>', 'context of the kubeconfig', '')
    .option('--metal-namespace <name>', 'where pools, advertisements and peers are', 'metallb-system')
    .option('--lb-class <name>', 'only Services of this loadBalancerClass (default: those without one)', '')
    .option(
      '--validating-webhook <address>',
      'HOST:PORT or :PORT of a webhook that refuses mistakes in pools and peers',
      '',
    )
    .option('--validating-webhook-certificate <file>', 'its certificate (default: one of our own)', '')
    .option('--validating-webhook-key <file>', 'the key of its certificate', '')
    .option(
      '--webhook-configuration <name>',
      'ValidatingWebhookConfiguration that calls it: it is told of our own certificate',
      'genkan-metal',
    )
    .option('--admin-host <address>', 'address of health and metrics', '127.0.0.1')
    .option('--admin-port <port>', 'port for health and metrics, 0 = any free one', parsePort, 10254)
    .option('--leader-election-id <name>', 'Lease of the replicas', 'genkan-metal-leader')
    .option('--leader-election-ttl <seconds>', 'how long a Lease holds', parseSeconds, 15)
    .addHelpText(
      'after',
      `
The nodes announce the addresses: run genkan speaker on each of them.

Examples:
  genkan serve --provider metal
  genkan serve --provider metal --metal-namespace network --lb-class example.com/metal
  genkan serve --provider metal --validating-webhook :9443`,
    )
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds < 1) throw new InvalidArgumentError('write whole seconds, at least 1')
  return seconds
}
