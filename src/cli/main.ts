/** The `genkan` program: reads the command line and runs one command. Each command is one file beside this one. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { VERSION } from '../base/version.ts'
import { createProcessIo, EXIT_OK, EXIT_USAGE, type CommandIo, UsageError } from './io.ts'

/** Sets `process.exitCode`; returns when the command is over. `dev` is over when it was told to stop. */
export async function main(args: readonly string[]): Promise<void> {
  const io = createProcessIo()
  process.exitCode = await run(args, io)
}

/** Runs one command line and returns its exit code: 0 fine, 1 errors found, 2 wrong usage. */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  let code = EXIT_OK
  const program = createProgram(io, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\n`)
      return EXIT_USAGE
    }
    throw error
  }
}

function createProgram(io: CommandIo, done: (code: number) => void): Command {
  const program = new Command('genkan')
    .description('One controller for every way traffic enters a Kubernetes cluster.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(run with --help for the flags and examples)')
  addDev(program, io, done)
  addLint(program, io, done)
  addRoutes(program, io, done)
  addExplain(program, io, done)
  addCert(program, io, done)
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program)
  return program
}

const PATHS = 'a manifest file, a folder (all .yaml, .yml and .json below it), or - for standard input'

function addDev(program: Command, io: CommandIo, done: (code: number) => void): void {
  program
    .command('dev')
    .description('Serve manifests on this machine, no cluster needed; files are watched and changes served at once.')
    .argument('<path...>', PATHS)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--http-port <port>', 'port for http, 0 = any free one', parsePort, 8080)
    .option('--https-port <port>', 'port for https, 0 = any free one', parsePort, 8443)
    .option('--admin-port <port>', 'port for health, metrics and the API, 0 = any free one', parsePort, 10254)
    .option('--workers <count>', 'worker processes', parseWorkers, 1)
    .option('--class <name>', 'serve only this Ingress class; repeat for more (default: any class)', collect, [])
    .option('--backend <service=address>', 'NAMESPACE/SERVICE[:PORT]=HOST:PORT: a real backend; repeat', collect, [])
    .option('--no-simulate', 'do not simulate pods for Services without endpoints')
    .option('--config-map <namespace/name>', "ingress-nginx's settings ConfigMap", '')
    .option('--default-backend-service <namespace/name>', 'Service that answers unknown hosts and paths', '')
    .option('--access-log <path>', 'file for the access log, - for standard output, or off', '-')
    .addHelpText(
      'after',
      `
Examples:
  genkan dev examples/quickstart
  genkan dev ingress.yaml services/ --backend shop/web=127.0.0.1:3000
  kustomize build . | genkan dev - --class nginx --http-port 0 --access-log off`,
    )
    .action(async (paths: string[], options: DevFlags) => {
      const { runDev } = await import('./dev.ts')
      done(await runDev(paths, options, io))
    })
}

/** Flags of `dev` as commander hands them over. */
export interface DevFlags {
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
  readonly workers: number
  readonly class: readonly string[]
  readonly backend: readonly string[]
  readonly simulate: boolean
  readonly configMap: string
  readonly defaultBackendService: string
  readonly accessLog: string
}

function addLint(program: Command, io: CommandIo, done: (code: number) => void): void {
  addTranslationFlags(
    program
      .command('lint')
      .description('Find mistakes in manifests. Exit code 0: none above warning, 1: errors, 2: wrong usage.')
      .argument('<path...>', PATHS),
  )
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json', 'sarif']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  genkan lint manifests/
  genkan lint manifests/ --format sarif > genkan.sarif
  helm template . | genkan lint -`,
    )
    .action(async (paths: string[], options: TranslationFlags & { readonly format: 'text' | 'json' | 'sarif' }) => {
      const { runLint } = await import('./lint.ts')
      done(await runLint({ paths, ...options }, io))
    })
}

function addRoutes(program: Command, io: CommandIo, done: (code: number) => void): void {
  addTranslationFlags(
    program
      .command('routes')
      .description('Print the route table in match order.')
      .argument('<path...>', PATHS),
  )
    .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  genkan routes manifests/\n  genkan routes manifests/ --format json | jq .[].host')
    .action(async (paths: string[], options: TranslationFlags & { readonly format: 'text' | 'json' }) => {
      const { runRoutes } = await import('./routes.ts')
      done(await runRoutes(paths, options, io))
    })
}

function addExplain(program: Command, io: CommandIo, done: (code: number) => void): void {
  addTranslationFlags(
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
  genkan explain --live http://127.0.0.1:10254 --url http://shop.example.com/`,
    )
    .action(async (paths: string[], options: TranslationFlags & ExplainFlags) => {
      const { runExplain } = await import('./explain.ts')
      done(await runExplain(paths, options, io))
    })
}

export interface ExplainFlags {
  readonly url: string
  readonly method: string
  readonly header: readonly string[]
  readonly clientIp: string
  readonly live?: string
  readonly format: 'text' | 'json'
}

function addCert(program: Command, io: CommandIo, done: (code: number) => void): void {
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

export interface CertFlags {
  readonly name?: string
  readonly namespace: string
  readonly days: number
  readonly caCert?: string
  readonly caKey?: string
  readonly createCa?: string
}

/** Flags that change what manifests mean, the same for every command that reads them. */
export interface TranslationFlags {
  readonly class: readonly string[]
  readonly configMap: string
  readonly defaultBackendService: string
}

function addTranslationFlags(command: Command): Command {
  return command
    .option('--class <name>', 'serve only this Ingress class; repeat for more (default: any class)', collect, [])
    .option('--config-map <namespace/name>', "ingress-nginx's settings ConfigMap", '')
    .option('--default-backend-service <namespace/name>', 'Service that answers unknown hosts and paths', '')
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}

function parsePort(text: string): number {
  return parseWhole(text, 0, 65_535, 'a port from 0 to 65535')
}

function parseWorkers(text: string): number {
  return parseWhole(text, 1, 256, 'a number of workers from 1 to 256')
}

function parseDays(text: string): number {
  return parseWhole(text, 1, 36_500, 'a number of days from 1 to 36500')
}

function parseWhole(text: string, min: number, max: number, wanted: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value) || value < min || value > max) throw new InvalidArgumentError(`Give ${wanted}.`)
  return value
}
