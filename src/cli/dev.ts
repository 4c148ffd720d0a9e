/** `genkan dev PATH...`: serves manifests on this machine until it is told to stop. */
import { stat } from 'node:fs/promises'
import type { Finding } from '../base/finding.ts'
import { type BackendOverride, parseBackendOverride } from '../controller/backend-override.ts'
import { type DevServer, startDevServer } from '../controller/dev-server.ts'
import { awaitSuccession, startSuccessor } from '../controller/take-over.ts'
import { unreadable } from '../sources/files/read-text.ts'
import type { DevFlags } from './flags.ts'
import { type MetricsFlags, toMetricsOptions } from './nginx-flags/metrics-flags.ts'
import { toStreamOptions } from './nginx-flags/stream-flags.ts'
import { formatAddresses, formatReadyLine } from './dev-banner.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { listenForReopen } from './log-signal.ts'
import { createFindingsPrinter } from './dev-findings.ts'
import { escapeLine } from './report/escape.ts'

/** How long clients of an old version may stay, the time that ingress-nginx gives the workers it replaces. */
const RETIRE_MS = 240_000
/** How long requests may go on after the first signal. */
const DRAIN_MS = 10_000
/** A signal within this time of the first is the same one, sent to the whole process group. */
const SAME_SIGNAL_MS = 300

/**
 * @returns 0 after SIGINT or SIGTERM, 1 when it could not start
 * @throws {UsageError} when a flag cannot be read or a path does not exist
 */
export async function runDev(paths: readonly string[], flags: DevFlags & MetricsFlags, io: CommandIo): Promise<number> {
  const backends = readBackends(flags.backend)
  await checkPaths(paths)
  const printFindings = createFindingsPrinter(io)
  // Kept from before the start, so that a signal during it is not lost.
  const succession = await awaitSuccession()
  const stop = waitForStop(succession !== null)
  const started = Promise.withResolvers<DevServer>()
  const isReplacedLater = waitForSuccessor(started.promise, paths, io)
  let running: DevServer | null = null
  listenForReopen(() => running?.reopenLog())
  let server: DevServer
  try {
    server = await startDevServer(
      {
        paths,
        host: flags.host,
        httpPort: flags.httpPort,
        httpsPort: flags.httpsPort,
        adminPort: flags.adminPort,
        workers: flags.workers,
        classes: flags.class,
        backends,
        simulates: flags.simulate,
        configMap: flags.configMap,
        defaultBackendService: flags.defaultBackendService,
        accessLog: flags.accessLog,
        ...toStreamOptions(flags),
        nodeZone: readZone(flags),
        metrics: toMetricsOptions(flags),
        ...(succession === null ? {} : { takesOver: succession.sockets }),
      },
      {
        findings: (findings: readonly Finding[]) => printFindings(findings),
        problem: (message: string) => io.stderr.write(`${escapeLine(message)}\n`),
      },
    )
  } catch (error) {
    if (!isOfTheSystem(error)) throw error
    io.stderr.write(`${escapeLine(error.message)}\n`)
    return EXIT_ERRORS
  }
  if (io.stdout.isTTY) io.stdout.write(formatAddresses(flags.host, server))
  else io.stdout.write(formatReadyLine(flags.host, server))
  succession?.serves()
  running = server
  started.resolve(server)
  const isReplaced = await Promise.race([stop, isReplacedLater])
  const isRetired = isReplaced && (await Promise.race([server.retire(RETIRE_MS).then(() => true), stop]))
  if (!isRetired) await server.close(server.state.model?.settings.shutdownTimeoutMs ?? DRAIN_MS)
  return EXIT_OK
}

/** A path that does not exist at the start is a slip of the pen: everything would be answered 404. */
async function checkPaths(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (path === '-') continue
    try {
      await stat(path)
    } catch (error) {
      throw new UsageError(unreadable(path, error).message)
    }
  }
}

/** The zone whose endpoints are preferred; empty = none is. */
function readZone({ enableTopologyAwareRouting, nodeZone }: DevFlags): string {
  if (!enableTopologyAwareRouting) return ''
  if (nodeZone !== '') return nodeZone
  throw new UsageError('Cannot prefer endpoints of the own zone: it is not known; give --node-zone ZONE or NODE_ZONE')
}

/** Ports, files and names that the system refuses come with its code and a message for people; the rest is a bug. */
function isOfTheSystem(error: unknown): error is Error {
  return error instanceof Error && ('code' in error || isOfTheSystem(error.cause))
}

function readBackends(texts: readonly string[]): readonly BackendOverride[] {
  return texts.map((text) => {
    const parsed = parseBackendOverride(text)
    if ('error' in parsed) throw new UsageError(parsed.error)
    return parsed.value
  })
}

/**
 * Resolves with true when a new version of the program, asked for by SIGUSR2, serves in place of this one. The signal is
 * listened to from the beginning: without a listener it would end the process.
 */
function waitForSuccessor(started: Promise<DevServer>, paths: readonly string[], io: CommandIo): Promise<true> {
  const { promise, resolve } = Promise.withResolvers<true>()
  let isStarting = false
  const onSignal = async (): Promise<void> => {
    if (isStarting) return
    isStarting = true
    try {
      if (paths.includes('-')) {
        throw new Error('Cannot hand over to a new version: manifests came from standard input; give files or folders')
      }
      const { sockets } = await started
      const pid = await startSuccessor(sockets)
      io.stderr.write(`Process ${pid} serves; this one ends with its last client\n`)
      process.off('SIGUSR2', listener)
      resolve(true)
    } catch (error) {
      io.stderr.write(`${escapeLine(error instanceof Error ? error.message : String(error))}\n`)
    }
    isStarting = false
  }
  const listener = (): void => void onSignal()
  process.on('SIGUSR2', listener)
  return promise
}

/**
 * Resolves with false on the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once.
 *
 * @param isSuccessor its parent is the old version, which ends
 */
async function waitForStop(isSuccessor: boolean): Promise<false> {
  const { promise, resolve: settle } = Promise.withResolvers<false>()
  const resolve = (): void => settle(false)
  let firstMs = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now()
    if (firstMs === 0) {
      firstMs = nowMs
      resolve()
    } else if (nowMs - firstMs > SAME_SIGNAL_MS) process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // A terminal that is closed is an end, too.
  process.on('SIGHUP', onSignal)
  if (process.env['npm_execpath'] !== undefined && !isSuccessor) watchParent(resolve)
  return promise
}

const WATCH_PARENT_MS = 250

/** npm, and the shell that it starts us with, die of a SIGTERM without passing it on; then we have another parent. */
function watchParent(onGone: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) onGone()
  }, WATCH_PARENT_MS).unref()
}
