/** `genkan serve --provider metal`: gives addresses to Services of type LoadBalancer until it is told to stop. */
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { startAddressController } from '../controller/metal/addresses/address-controller.ts'
import type { MetalServeOptions } from '../controller/metal/addresses/metal-options.ts'
import type { CommandIo } from './io.ts'
import {
  addReplicaFlags,
  adminHostOf,
  type ControllerFlags,
  controllerCommand,
  runController,
} from './run-controller.ts'

interface ServeMetalFlags extends ControllerFlags {
  readonly metalNamespace: string
  readonly lbClass: string
  readonly validatingWebhook: string
  readonly validatingWebhookCertificate: string
  readonly validatingWebhookKey: string
  readonly webhookConfiguration: string
}

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start @throws {UsageError} for a wrong command line */
export async function runServeMetal(args: readonly string[], io: CommandIo): Promise<number> {
  const command = createCommand(io)
  await command.parseAsync([...args], { from: 'user' })
  const flags = command.opts<ServeMetalFlags>()
  return await runController(
    flags,
    {
      task: 'gives addresses',
      stays: 'addresses',
      start: (transport, events, stop) => startAddressController(transport, toOptions(flags, io), events, stop),
    },
    io,
  )
}

function toOptions(flags: ServeMetalFlags, { env }: CommandIo): MetalServeOptions {
  return {
    metalNamespace: flags.metalNamespace,
    loadBalancerClass: flags.lbClass,
    webhook: {
      address: flags.validatingWebhook,
      certificateFile: flags.validatingWebhookCertificate,
      keyFile: flags.validatingWebhookKey,
      configuration: flags.webhookConfiguration,
    },
    adminHost: adminHostOf(flags),
    adminPort: flags.adminPort,
    podName: env['POD_NAME'] ?? hostname(),
    podNamespace: env['POD_NAMESPACE'] ?? flags.metalNamespace,
    electionId: flags.leaderElectionId,
    electionTtlMs: flags.leaderElectionTtl * 1000,
  }
}

function createCommand(io: CommandIo): Command {
  const command = controllerCommand(
    'metal',
    'Give addresses of pools to the Services of type LoadBalancer of a cluster on bare metal.',
    io,
  )
  command
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
  return addReplicaFlags(command, 'genkan-metal-leader').addHelpText(
    'after',
    `
The nodes announce the addresses: run genkan speaker on each of them.

Examples:
  genkan serve --provider metal
  genkan serve --provider metal --metal-namespace network --lb-class example.com/metal
  genkan serve --provider metal --validating-webhook :9443`,
  )
}
