/** `genkan serve --provider aws`: provisions load balancers in AWS for a cluster until it is told to stop. */
import { hostname } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import type { Rates } from '../aws/deploy/execute/budget.ts'
import { METADATA_ENDPOINT } from '../aws/deploy/inventory/instance-metadata.ts'
import type { AwsServeOptions } from '../controller/aws/aws-options.ts'
import { startAwsServer } from '../controller/aws/aws-server.ts'
import { addAwsFlags, type AwsFlags, toAwsOptions } from './aws-flags.ts'
import { parseRates } from './aws-rates.ts'
import { type CommandIo, UsageError } from './io.ts'
import {
  addReplicaFlags,
  adminHostOf,
  type ControllerFlags,
  controllerCommand,
  parseSeconds,
  runController,
} from './run-controller.ts'

interface ServeAwsFlags extends AwsFlags, ControllerFlags {
  readonly watchNamespace: string
  readonly awsEndpoint: string
  readonly awsVpcId: string
  readonly awsApiRates?: Rates
  readonly adopt: boolean
  readonly maxDeleteShare: number
  readonly confirmDeletes: boolean
  readonly podWebhook: string
  readonly webhookConfiguration: string
  readonly syncPeriod: number
}

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start @throws {UsageError} for a wrong command line */
export async function runServeAws(args: readonly string[], io: CommandIo): Promise<number> {
  const command = createCommand(io)
  await command.parseAsync([...args], { from: 'user' })
  const flags = command.opts<ServeAwsFlags>()
  return await runController(
    flags,
    {
      task: 'provisions in AWS',
      stays: 'load balancers',
      start: (transport, events, stop) => {
        const options = toOptions(flags, io, transport.access.namespace)
        return startAwsServer(transport, options, { ...events, line: events.problem }, stop)
      },
    },
    io,
  )
}

function createCommand(io: CommandIo): Command {
  const command = controllerCommand(
    'aws',
    'Provision Application, Network and Classic Load Balancers for the Ingresses and Services of a cluster.',
    io,
  )
  command.option('--watch-namespace <name>', 'only this namespace (default: all)', '')
  addAwsFlags(command, '$AWS_REGION, then $AWS_DEFAULT_REGION')
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
  return addReplicaFlags(command, 'genkan-aws-leader')
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
    adminHost: adminHostOf(flags),
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
