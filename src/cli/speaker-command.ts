/** What `genkan speaker` is called, takes and prints in its help. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parsePort } from './flags.ts'
import type { CommandIo } from './io.ts'
import type { SpeakerFlags } from './speaker.ts'
import { addSourceFlags } from './source-flags.ts'

const PATHS = 'a manifest file, a folder (all .yaml, .yml and .json below it), or - for standard input'

export function addSpeaker(program: Command, io: CommandIo, done: (code: number) => void): void {
  const command = program
    .command('speaker')
    .description('Announce addresses of LoadBalancer Services from this node, by ARP, NDP and BGP. Needs NET_RAW.')
    .argument('[path...]', PATHS)
    .option('--node-name <name>', 'the Node that this machine is (default: $NODE_NAME)')
    .option('--heartbeat-key-file <file>', 'key that all speakers of the cluster share: any bytes')
    .option('--heartbeat-key-secret <name>', 'Secret of the pod’s namespace with it as `key`; an empty one is filled')
    .option('--heartbeat-port <port>', 'UDP port of heartbeats between speakers', parseSomePort, 7946)
    .addOption(
      new Option('--heartbeat-profile <name>', 'fast: every 50 ms and dead after 150, instead of 200 and 650')
        .choices(['default', 'fast'])
        .default('default'),
    )
    .option(
      '--fail-back-after <milliseconds>',
      'how long a node that came back is there before it gets addresses again',
      parseMilliseconds,
      1700,
    )
    .option('--lb-class <name>', 'only Services of this loadBalancerClass (default: those without one)', '')
    .option(
      '--metal-namespace <name>',
      'where pools, peers and advertisements are (default: metallb-system; of files, anywhere)',
      '',
    )
    .option('--ignore-exclude-lb', 'announce on nodes labeled to be excluded from load balancers too', false)
    .option('--hand-over-on-cordon', 'a cordoned node announces nothing while another can', false)
    .option('--ignore-subnets', 'nodes without a network of an address may announce it although others have one', false)
    .option('--spread', 'give no node more than its share of addresses and a quarter', false)
    .option('--gratuitous-interval <milliseconds>', 'announce again and again, 0 = no', parseMilliseconds, 0)
    .option('--promiscuous', 'take all frames, for Wi-Fi and virtual cards that drop broadcasts', false)
    .option('--metrics-port <port>', 'port for metrics and health, 0 = none', parsePort, 7472)
    .option('--metrics-host <address>', 'address of metrics and health (default: all)', '')
  addSourceFlags(command)
    .addHelpText(
      'after',
      `
Prints a line of JSON when it announces an address or a route, and when it no longer does.

Examples:
  genkan speaker manifests/ --node-name laptop-1 --heartbeat-key-file /etc/genkan/heartbeat.key
  genkan speaker --cluster --node-name "$NODE_NAME" --heartbeat-key-secret genkan-heartbeat
  genkan speaker manifests/ --node-name laptop-1 --heartbeat-profile fast --metrics-port 0`,
    )
    .action(async (paths: string[], options: SpeakerFlags) => {
      const { runSpeaker } = await import('./speaker.ts')
      done(await runSpeaker(paths, options, io))
    })
}

function parseSomePort(text: string): number {
  const port = parsePort(text)
  if (port === 0) throw new InvalidArgumentError('Give a port from 1 to 65535: all speakers use the same one.')
  return port
}

function parseMilliseconds(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value)) throw new InvalidArgumentError('Give a number of milliseconds.')
  return value
}
