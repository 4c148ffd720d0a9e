/** What each command is called, takes and prints in its help. The work is in the file named after the command. */
import { type Command, Option } from 'commander'
import {
  type CertFlags,
  collect,
  type DevFlags,
  type ExplainFlags,
  type MigrateFlags,
  parseDays,
  parsePort,
  parseWorkers,
  type TranslationFlags,
} from './flags.ts'
import { addAwsFlags } from './aws-flags.ts'
import { type CommandIo, UsageError } from './io.ts'
import { addMetricsFlags, type MetricsFlags } from './nginx-flags/metrics-flags.ts'
import { addStreamFlags } from './nginx-flags/stream-flags.ts'
import type { PlanFlags } from './plan.ts'
import { addSourceFlags, type SourceFlags } from './source-flags.ts'

const PATHS = 'a manifest file, a folder (all .yaml, .yml and .json below it), or - for standard input'

export function addDev(program: Command, io: CommandIo, done: (code: number) => void): void {
  const command = program
    .command('dev')
    .description('Serve manifests on this machine, no cluster needed; files are watched and changes served at once.')
    .argument('<path...>', PATHS)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--http-port <port>', 'port for http, 0 = any free one', parsePort, 8080)
    .option('--https-port <port>', 'port for https, 0 = any free one', parsePort, 8443)
    .option('--admin-port <port>', 'port for health, metrics and the API, 0 = any free one', parsePort, 10254)
    .option('--workers <count>', 'worker processes, auto = one for each core', parseWorkers, 1)
    .option('--class <name>', 'serve only this Ingress class; repeat for more (default: any class)', collect, [])
    .option('--backend <service=address>', 'NAMESPACE/SERVICE[:PORT]=HOST:PORT: a real backend; repeat', collect, [])
    .option('--no-simulate', 'do not simulate pods for Services without endpoints')
    .option('--config-map <namespace/name>', "ingress-nginx's settings ConfigMap", '')
    .option('--default-backend-service <namespace/name>', 'Service that answers unknown hosts and paths', '')
    .option('--enable-topology-aware-routing', 'prefer endpoints whose hints name the own zone', false)
    .addOption(new Option('--node-zone <zone>', 'zone of this machine, for hints').env('NODE_ZONE').default(''))
    .option(
      '--access-log <path>',
      "file for the access log, - for standard output, or off (default: the ConfigMap's, or -)",
      '',
    )
  for (const flag of ['kubeconfig <file>', 'context <name>', 'cluster']) {
    command.addOption(new Option(`--${flag}`).hideHelp()).on(`option:${flag.split(' ')[0]}`, () => {
      throw new UsageError(
        `Cannot use --${flag.split(' ')[0]}: genkan dev serves files; genkan serve serves the Ingresses of a cluster`,
      )
    })
  }
  addMetricsFlags(addStreamFlags(command))
    .addHelpText(
      'after',
      `
Examples:
  genkan dev examples/quickstart
  genkan dev ingress.yaml services/ --backend shop/web=127.0.0.1:3000
  kustomize build . | genkan dev - --class nginx --http-port 0 --access-log off`,
    )
    .action(async (paths: string[], options: DevFlags & MetricsFlags) => {
      const { runDev } = await import('./dev.ts')
      done(await runDev(paths, options, io))
    })
}

/** Its flags are read as Go reads them, by a parser of their own. */
export function addServe(program: Command, io: CommandIo, done: (code: number) => void): void {
  program
    .command('serve')
    .description("Serve a cluster's Ingresses: in a pod, or with a kubeconfig; takes ingress-nginx's flags.")
    .argument('[flags...]', 'see genkan serve --help')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (flags: string[]) => {
      const { runServe } = await import('./serve.ts')
      done(await runServe(flags, io))
    })
}

export function addLint(program: Command, io: CommandIo, done: (code: number) => void): void {
  addReadingFlags(
    program
      .command('lint')
      .description('Find mistakes in manifests. Exit code 0: none above warning, 1: errors, 2: wrong usage.')
      .argument('[path...]', PATHS),
  )
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json', 'sarif']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  genkan lint manifests/
  genkan lint manifests/ --format sarif > genkan.sarif
  helm template . | genkan lint -
  genkan lint --cluster
  genkan lint --context staging --namespace shop --namespace blog --format json`,
    )
    .action(
      async (
        paths: string[],
        options: TranslationFlags & SourceFlags & { readonly format: 'text' | 'json' | 'sarif' },
      ) => {
        const { runLint } = await import('./lint.ts')
        done(await runLint({ paths, ...options }, io))
      },
    )
}

export function addRoutes(program: Command, io: CommandIo, done: (code: number) => void): void {
  addReadingFlags(
    program.command('routes').description('Print the route table in match order.').argument('[path...]', PATHS),
  )
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      '\nExamples:\n  genkan routes manifests/\n  genkan routes manifests/ --format json | jq .[].host\n  genkan routes --cluster',
    )
    .action(async (paths: string[], options: TranslationFlags & SourceFlags & { readonly format: 'text' | 'json' }) => {
      const { runRoutes } = await import('./routes.ts')
      done(await runRoutes(paths, options, io))
    })
}

export function addExplain(program: Command, io: CommandIo, done: (code: number) => void): void {
  addReadingFlags(
    program
      .command('explain')
      .description('Say which rule takes a request, which were considered and why not, and where it goes.')
      .argument('[path...]', PATHS),
  )
    .requiredOption('--url <url>', 'the request, for example https://shop.example.com/cart?id=1')
    .option('--method <method>', 'request method', 'GET')
    .option('--header <line>', "request header 'Name: value'; repeat", collect, [])
    .option('--client-ip <address>', "the client's address", '127.0.0.1')
    .option('--live <admin-url>', 'ask a running genkan instead of reading manifests')
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  genkan explain manifests/ --url http://shop.example.com/cart
  genkan explain manifests/ --url https://shop.example.com/upload --method POST --header 'Content-Length: 2000000'
  genkan explain --context staging --url http://shop.example.com/
  genkan explain --live http://127.0.0.1:10254 --url http://shop.example.com/`,
    )
    .action(async (paths: string[], options: TranslationFlags & SourceFlags & ExplainFlags) => {
      const { runExplain } = await import('./explain.ts')
      done(await runExplain(paths, options, io))
    })
}

export function addMigrate(program: Command, io: CommandIo, done: (code: number) => void): void {
  addReadingFlags(
    program
      .command('migrate')
      .description(
        'Say what moving in from ingress-nginx means for each object, or write the same routes as Gateway API objects. ' +
          'Exit code 0: nothing needs an edit or is left out, 1: something does or is, 2: wrong usage.',
      )
      .argument('[path...]', PATHS),
  )
    .addOption(new Option('--from <controller>', 'whose objects they are').choices(['ingress-nginx']))
    .addOption(new Option('--to <api>', 'write the routes in this API').choices(['gateway-api']))
    .option('--report', 'report, for each object, what stays, what differs and what to edit')
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json', 'html']).default('text'))
    .option('--output <file>', 'write there instead of to standard output')
    .addHelpText(
      'after',
      `
Examples:
  genkan migrate manifests/ --from ingress-nginx --report
  genkan migrate manifests/ --from ingress-nginx --report --format html --output move.html
  genkan migrate --cluster --from ingress-nginx --report
  genkan migrate manifests/ --to gateway-api > gateway.yaml
  genkan migrate --kubeconfig prod.yaml --to gateway-api > gateway.yaml`,
    )
    .action(async (paths: string[], options: MigrateFlags & TranslationFlags & SourceFlags) => {
      const { runMigrate } = await import('./migrate.ts')
      done(await runMigrate(paths, options, io))
    })
}

export function addPlan(program: Command, io: CommandIo, done: (code: number) => void): void {
  const command = program
    .command('plan')
    .description(
      'Say what would be created, changed and deleted outside of the cluster, why, and at what it would stop. ' +
        'Exit code 0: no error was found, 1: errors, 2: wrong usage.',
    )
    .argument('[path...]', PATHS)
    .addOption(
      new Option('--provider <name>', 'where load balancers would be made').choices(['aws']).makeOptionMandatory(),
    )
  addAwsFlags(addSourceFlags(command), 'that of --inventory, then $AWS_REGION')
    .option(
      '--inventory <file>',
      'JSON of subnets, certificates, security groups and nodes, for planning with no account',
    )
    .option('--diff', 'compare with the account that the usual AWS credentials open')
    .option('--aws-vpc-id <id>', 'with --diff: VPC of the cluster (default: found by its nodes)', '')
    .option('--aws-endpoint <url>', 'with --diff: another address for all AWS services, for emulators', '')
    .option(
      '--cluster-uid <uid>',
      'with --diff: UID of the namespace kube-system, which marks what is ours (default: that of the cluster read)',
      '',
    )
    .option('--adopt', 'with --diff: as if serve were started with --adopt', false)
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  genkan plan manifests/ --provider aws --cluster-name prod --inventory inventory.json
  genkan plan manifests/ --provider aws --cluster-name prod --format json | jq .rules
  genkan plan --cluster --provider aws --cluster-name prod --diff`,
    )
    .action(async (paths: string[], options: PlanFlags) => {
      const { runPlan } = await import('./plan.ts')
      done(await runPlan(paths, options, io))
    })
}

export function addCert(program: Command, io: CommandIo, done: (code: number) => void): void {
  program
    .command('cert')
    .description('Make a certificate for hosts and print it as a TLS Secret manifest.')
    .argument('<host...>', 'DNS names (a leading *. is a wildcard) or IP addresses')
    .option('--name <name>', 'name of the Secret (default: from the first host)')
    .option('--namespace <namespace>', 'namespace of the Secret', 'default')
    .option('--days <days>', 'how long it is valid', parseDays, 365)
    .option('--ca-cert <file>', 'PEM certificate of the authority that signs')
    .option('--ca-key <file>', 'PEM private key of that authority')
    .option('--create-ca <prefix>', 'make an authority first: writes PREFIX.crt and PREFIX.key')
    .addHelpText(
      'after',
      `
Examples:
  genkan cert shop.example.com > tls.yaml
  genkan cert '*.example.com' example.com --name example-tls --namespace web
  genkan cert shop.example.com --create-ca my-ca && curl --cacert my-ca.crt https://shop.example.com:8443/`,
    )
    .action(async (hosts: string[], options: CertFlags) => {
      const { runCert } = await import('./cert.ts')
      done(await runCert({ hosts, ...options }, io))
    })
}

/** Flags of every command that reads objects, looks and exits. */
function addReadingFlags(command: Command): Command {
  return addSourceFlags(addStreamFlags(command))
    .option('--class <name>', 'serve only this Ingress class; repeat for more (default: any class)', collect, [])
    .option('--config-map <namespace/name>', "ingress-nginx's settings ConfigMap", '')
    .option('--default-backend-service <namespace/name>', 'Service that answers unknown hosts and paths', '')
}
