/** `genkan serve --provider aws`: provisions load balancers in AWS for a cluster until it is told to stop. */
import { hostname } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import type { Rates } from '../aws/deploy/execute/budget.ts'
import { METADATA_ENDPOINT } from '../aws/deploy/inventory/instance-metadata.ts'
import type { AwsServeOptions } from '../controller/aws/aws-options.ts'
import { type AwsServer, startAwsServer } from '../controller/aws/aws-server.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { anyAddress } from './any-address.ts'
import { addAwsFlags, type AwsFlags, toAwsOptions } from './aws-flags.ts'
import { parseRates } from './aws-rates.ts'
import { parsePort } from './flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'
import { waitForStop } from './wait-for-stop.ts'

interface ServeAwsFlags extends AwsFlags {
  readonly kubeconfig: string
  readonly context: string
  readonly watchNamespace: string
  readonly awsEndpoint: string
  readonly awsVpcId: string
  readonly awsApiRates?: Rates
  readonly adopt: boolean
  readonly maxDeleteShare: number
  readonly confirmDeletes: boolean
  readonly podWebhook: string
  readonly webhookConfiguration: string
  readonly adminHost: string
  readonly adminPort: number
  readonly leaderElectionId: string
  readonly leaderElectionTtl: number
  readonly syncPeriod: number
}

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start @throws {UsageError} for a wrong command line */
export async function runServeAws(args: readonly string[], io: CommandIo): Promise<number> {
  const command = createCommand(io)
  await command.parseAsync([...args], { from: 'user' })
  const flags = command.opts<ServeAwsFlags>()
  const say = (message: string): void => io.stderr.write(`${escapeLine(message)}\n`)
  const stop = waitForStop()
  let server: AwsServer | null
  try {
    const transport = await openCluster({ kubeconfig: flags.kubeconfig, context: flags.context })
    say(`Reading the cluster at ${transport.access.server} (${transport.access.from})`)
    server = await startAwsServer(
      transport,
      toOptions(flags, io, transport.access.namespace),
      {
        line: say,
        problem: say,
        leading: (isLeader) => say(isLeader ? 'This replica leads: it provisions in AWS' : 'Another replica leads'),
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
  say('Shutting down: load balancers stay')
  await server.close()
  return EXIT_OK
}

function createCommand(io: CommandIo): Command {
  const command = new Command('genkan serve --provider aws')
    .description(
      'Provision Application, Network and Classic Load Balancers for the Ingresses and Services of a cluster.',
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(run with --help for the flags and examples)')
    .requiredOption('--provider <name>', 'aws')
    .option('--kubeconfig <file>', 'cluster to read (default: $KUBECONFIG, ~/.kube/config, then the pod’s own)', '')
    .option('--context <name>', 'context of the kubeconfig', '')
    .option('--watch-namespace <name>', 'only this namespace (default: all)', '')
  return addAwsFlags(command, '$AWS_REGION, then $AWS_DEFAULT_REGION')
    .option('--aws-vpc-id <id>', 'VPC of the cluster (default: found by its nodes, else by our instance)', '')
    .option('--aws-endpoint <url>', 'another address for all AWS services, for emulators', '')
    .option('--aws-api-rates <rates>', 'CLASS=RATE:BURST,... for our calls to AWS, such as write=3:20', parseRates)
    .option('--adopt', 'take over resources of this cluster’s name that lack our ownership tag', false)
    .option('--max-delete-share <part>', 'part of what exists that may go at once', parsePart, 0.5)
    .option('--confirm-deletes', 'what the guard against mass deletes holds back may go', false)
    .option('--pod-webhook <address>', 'HOST:PORT or :PORT of a webhook that adds readiness gates to pods', '')
    .option(
      '--webhook-configuration <name>',
      'MutatingWebhookConfiguration that calls it: it is told of our certificate',
      'genkan-aws-pods',
    )
    .option('--admin-host <address>', 'address of health and metrics, empty = all', '127.0.0.1')
    .option('--admin-port <port>', 'port for health and metrics, 0 = any free one', parsePort, 10254)
    .option('--leader-election-id <name>', 'Lease of the replicas', 'genkan-aws-leader')
    .option('--leader-election-ttl <seconds>', 'how long a Lease holds', parseSeconds, 15)
    .option('--sync-period <seconds>', 'time between two looks at everything in AWS', parseSeconds, 600)
    .addHelpText(
      'after',
      `
Credentials come from the usual places of the AWS SDK: environment, IRSA, EKS Pod Identity, profiles, instance role.

Examples:
  genkan serve --provider aws --cluster-name prod
  genkan serve --provider aws --cluster-name prod --ingress-class alb --default-target-type ip
  genkan serve --provider aws --cluster-name prod --adopt`,
    )
}

function toOptions(flags: ServeAwsFlags, io: CommandIo, ownNamespace: string): AwsServeOptions {
  const region = flags.awsRegion || (io.env['AWS_REGION'] ?? io.env['AWS_DEFAULT_REGION'] ?? '')
  if (region === '') {
    throw new UsageError('Cannot provision in AWS: no region is given; give --aws-region REGION or AWS_REGION')
  }
  return {
    aws: { ...toAwsOptions(flags), watchNamespace: flags.watchNamespace },
    region,
    endpoint: flags.awsEndpoint,
    vpcId: flags.awsVpcId,
    ...(flags.awsApiRates === undefined ? {} : { rates: flags.awsApiRates }),
    adopts: flags.adopt,
    maxDeleteShare: flags.maxDeleteShare,
    confirmsDeletes: flags.confirmDeletes,
    metadataEndpoint: metadataEndpointOf(flags, io),
    logLevel: io.env['LOG_LEVEL'] ?? '',
    adminHost: flags.adminHost === '' ? anyAddress() : flags.adminHost,
    adminPort: flags.adminPort,
    podWebhook: flags.podWebhook,
    webhookConfiguration: flags.webhookConfiguration,
    podName: io.env['POD_NAME'] ?? hostname(),
    podNamespace: io.env['POD_NAMESPACE'] ?? ownNamespace,
    electionId: flags.leaderElectionId,
    electionTtlMs: flags.leaderElectionTtl * 1000,
    resyncMs: flags.syncPeriod * 1000,
  }
}

/** By the names that the AWS SDKs know. An emulator has no instances. */
function metadataEndpointOf({ awsEndpoint }: ServeAwsFlags, { env }: CommandIo): string {
  if (awsEndpoint !== '' || env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return ''
  return env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? METADATA_ENDPOINT
}

function parsePart(text: string): number {
  const part = Number(text)
  if (text === '' || !(part >= 0 && part <= 1))
    throw new InvalidArgumentError('write a number from 0 to 1, such as 0.5')
  return part
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds < 1) throw new InvalidArgumentError('write whole seconds, at least 1')
  return seconds
}
