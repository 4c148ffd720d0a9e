/** `genkan serve`: serves the Ingresses of a cluster until it is told to stop. */
import { readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { VERSION } from '../base/version.ts'
import { type ServeServer, startServeServer } from '../controller/serve/serve-server.ts'
import type { ControllerCommand } from '../dialects/nginx/controller-flags.ts'
import { formatControllerFlagHelp } from '../dialects/nginx/flags/flag-help.ts'
import { AccessError } from '../sources/cluster/cluster-access.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { anyAddress } from './any-address.ts'
import { formatReadyLine } from './dev-banner.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, EXIT_USAGE, UsageError } from './io.ts'
import { createLog } from './log-lines.ts'
import { listenForReopen } from './log-signal.ts'
import { formatOwnFlags, isForAws, isForMetal, parseServeArgs } from './serve-flags.ts'
import { waitForStop } from './wait-for-stop.ts'

/** As ingress-nginx's worker-shutdown-timeout, where the ConfigMap says nothing. */
const DRAIN_MS = 240_000
/** `-v` from which on every version is told. */
const DEBUG = 2

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start, 2 for a wrong command line */
export async function runServe(args: readonly string[], io: CommandIo): Promise<number> {
  if (isForAws(args)) {
    const { runServeAws } = await import('./serve-aws.ts')
    return await runServeAws(args, io)
  }
  if (isForMetal(args)) {
    const { runServeMetal } = await import('./serve-metal.ts')
    return await runServeMetal(args, io)
  }
  const line = parseServeArgs(args, io.env)
  const { command, own } = line
  if (line.isHelpWanted) {
    io.stdout.write(formatHelp())
    return EXIT_OK
  }
  if (command.options.version) {
    io.stdout.write(`genkan ${VERSION}\n`)
    return EXIT_OK
  }
  const log = createLog(line.logFormat, (text) => io.stderr.write(text))
  for (const { message } of line.errors) log('error', message)
  for (const { message } of line.remarks) log('warning', message)
  if (line.errors.length > 0) return EXIT_USAGE
  const stop = waitForStop()
  let server: ServeServer | null = null
  listenForReopen(() => server?.reopenLog())
  try {
    const { options } = command
    const transport = await openCluster({
      kubeconfig: options.kubeconfig,
      context: own.context,
      server: options['apiserver-host'],
      ...(options['certificate-authority'] === ''
        ? {}
        : { authorityPem: readFileSync(options['certificate-authority'], 'utf8') }),
    })
    log('info', `Reading the cluster at ${transport.access.server} (${transport.access.from})`)
    server = await startServeServer(
      transport,
      {
        command,
        host: own.host === '' ? anyAddress() : own.host,
        adminHost: options['healthz-host'] === '' ? anyAddress() : options['healthz-host'],
        workers: readWorkers(own.workers),
        accessLog: own.accessLog,
        nodeZone: own.nodeZone,
        webhookConfiguration: own.webhookConfiguration,
        podName: io.env['POD_NAME'] ?? hostname(),
        podNamespace: io.env['POD_NAMESPACE'] ?? transport.access.namespace,
        metrics: {
          isPerHost: options['metrics-per-host'],
          countsUndefinedHosts: options['metrics-per-undefined-host'],
          reportsStatusClasses: options['report-status-classes'],
          excluded: options['exclude-socket-metrics'],
          timeBuckets: options['time-buckets'],
          lengthBuckets: options['length-buckets'],
          sizeBuckets: options['size-buckets'],
        },
      },
      {
        problem: (message) => log('warning', message),
        applied: (version, findings) => {
          if (options.v >= DEBUG) log('info', `Version ${version} is served, with ${findings} findings`)
        },
        leading: (isLeader) =>
          log('info', isLeader ? 'This replica leads: it writes status and Events' : 'Another replica leads'),
      },
      stop,
    )
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (!(error instanceof AccessError) && !(error instanceof Error && 'code' in error)) throw error
    log('error', error.message)
    return EXIT_ERRORS
  }
  // Told to stop before there was anything to stop.
  if (server === null) return EXIT_OK
  io.stdout.write(formatReadyLine('127.0.0.1', server))
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  log('info', 'Shutting down: not ready any more')
  await shutDown(server, command)
  return EXIT_OK
}

/** In ingress-nginx's order: not ready, the grace period for balancers to notice, then no new connections. */
async function shutDown(server: ServeServer, { options, given }: ControllerCommand): Promise<void> {
  server.beginShutdown()
  await delay(options['shutdown-grace-period'] * 1000)
  await server.close(server.state.model?.settings.shutdownTimeoutMs ?? DRAIN_MS)
  // ingress-nginx sleeps 10 s unless told otherwise: there is nothing here to wait for.
  if (given.has('post-shutdown-grace-period')) await delay(options['post-shutdown-grace-period'] * 1000)
}

function readWorkers(text: string): number {
  if (text === 'auto') return availableParallelism()
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 256)
    throw new UsageError(`Cannot use --workers ${text}: write auto or a number from 1 to 256`)
  return count
}

function formatHelp(): string {
  return `Usage: genkan serve [flags]

Serves the Ingresses of a cluster: in a pod by its service account, elsewhere by a kubeconfig. Takes ingress-nginx's flags by
their names, so that the arguments of an existing Deployment work as they are.

Own flags:
${formatOwnFlags()}

${formatControllerFlagHelp()}

Examples:
  genkan serve --kubeconfig ~/.kube/config --context staging --http-port 8080 --https-port 8443
  genkan serve --configmap=$(POD_NAMESPACE)/ingress-nginx-controller --publish-service=$(POD_NAMESPACE)/ingress-nginx-controller
`
}
