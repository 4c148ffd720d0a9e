/** The command line of `genkan serve`: ingress-nginx's flags by their names, and a few of our own. */
import type { Finding } from '../base/finding.ts'
import { type ControllerCommand, parseControllerFlags } from '../dialects/nginx/controller-flags.ts'
import { UsageError } from './io.ts'
import { LOG_FORMATS, type LogFormat } from './log-lines.ts'

/** Flags that ingress-nginx does not have. */
export interface OwnServeFlags {
  readonly context: string
  readonly host: string
  readonly workers: string
  readonly accessLog: string
  readonly nodeZone: string
  readonly webhookConfiguration: string
  readonly loggingFormat: string
}

export interface ServeCommandLine {
  readonly command: ControllerCommand
  readonly own: OwnServeFlags
  readonly logFormat: LogFormat
  readonly isHelpWanted: boolean
  readonly errors: readonly Finding[]
  readonly remarks: readonly Finding[]
}

const OWN: Readonly<
  Record<string, { readonly key: keyof OwnServeFlags; readonly initial: string; readonly note: string }>
> = {
  context: { key: 'context', initial: '', note: 'context of the kubeconfig (default: the current one)' },
  host: { key: 'host', initial: '', note: 'address of the http and https ports (default: all)' },
  workers: { key: 'workers', initial: 'auto', note: 'worker processes; auto = one for each core' },
  'access-log': { key: 'accessLog', initial: '', note: "file, - or off (default: the ConfigMap's, or -)" },
  'logging-format': { key: 'loggingFormat', initial: 'text', note: 'text or json: how standard error is written' },
  'webhook-configuration': {
    key: 'webhookConfiguration',
    initial: '',
    note: 'ValidatingWebhookConfiguration that gets the certificate we make',
  },
  'node-zone': {
    key: 'nodeZone',
    initial: '',
    note: 'zone of this node, for --enable-topology-aware-routing ($NODE_ZONE)',
  },
}

/** @throws {UsageError} when a flag of our own lacks its value, or has one that is none */
export function parseServeArgs(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServeCommandLine {
  const own: Record<keyof OwnServeFlags, string> = {
    ...(Object.fromEntries(Object.values(OWN).map(({ key, initial }) => [key, initial])) as Record<
      keyof OwnServeFlags,
      string
    >),
    nodeZone: env['NODE_ZONE'] ?? '',
  }
  const rest: string[] = []
  let isHelpWanted = false
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? ''
    if (argument === '--help' || argument === '-h') {
      isHelpWanted = true
      continue
    }
    const equals = argument.indexOf('=')
    const flag = OWN[argument.slice(2, equals === -1 ? undefined : equals)]
    if (!argument.startsWith('--') || flag === undefined) {
      // Manifests name the program in the list of arguments.
      rest.push(argument.replaceAll('$(POD_NAMESPACE)', env['POD_NAMESPACE'] ?? ''))
      continue
    }
    const value = equals === -1 ? args[++i] : argument.slice(equals + 1)
    if (value === undefined) throw new UsageError(`Cannot use ${argument}: it needs a value; ${flag.note}`)
    own[flag.key] = value
  }
  const logFormat = LOG_FORMATS.find((format) => format === own.loggingFormat)
  if (logFormat === undefined) {
    throw new UsageError(`Cannot use --logging-format ${own.loggingFormat}: accepted is ${LOG_FORMATS.join(' or ')}`)
  }
  const command = parseControllerFlags(rest)
  return {
    command,
    own,
    logFormat,
    isHelpWanted,
    errors: command.findings.filter(({ severity }) => severity === 'error'),
    remarks: command.findings.filter(({ severity }) => severity !== 'error'),
  }
}

/** Lines for the help text. */
export function formatOwnFlags(): string {
  return Object.entries(OWN)
    .map(([name, { note }]) => `      --${`${name} string`.padEnd(38)} ${note}`)
    .join('\n')
}

/** True for a command line of `serve` that is about AWS. */
export function isForAws(args: readonly string[]): boolean {
  return isFor('aws', args)
}

/** True for a command line of `serve` that is about bare metal. */
export function isForMetal(args: readonly string[]): boolean {
  return isFor('metal', args)
}

function isFor(provider: string, args: readonly string[]): boolean {
  return args.some(
    (argument, index) =>
      argument === `--provider=${provider}` || (argument === '--provider' && args[index + 1] === provider),
  )
}
