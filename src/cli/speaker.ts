/** `genkan speaker [PATH...]`: the node agent for bare metal, until it is told to stop. */
import { readFile } from 'node:fs/promises'
import type { Finding } from '../base/finding.ts'
import { Secret } from '../base/secret.ts'
import { withoutNewline } from '../controller/metal/speaker/heartbeat-secret.ts'
import { startClusterSpeaker } from '../controller/metal/speaker/speaker-cluster.ts'
import { type RunningSpeaker, startFilesSpeaker } from '../controller/metal/speaker/speaker-files.ts'
import type { SpeakerLine, SpeakerOptions } from '../controller/metal/speaker/speaker-options.ts'
import { DEFAULT_TIMING, FAST_TIMING } from '../metal/heartbeat/heartbeat-model.ts'
import { openCluster } from '../sources/cluster/open-cluster.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { escapeLine } from './report/escape.ts'
import { checkSource, isCluster, type SourceFlags } from './source-flags.ts'
import { formatPlace } from './table.ts'
import { waitForStop } from './wait-for-stop.ts'

export interface SpeakerFlags extends SourceFlags {
  readonly nodeName?: string
  readonly heartbeatKeyFile?: string
  readonly heartbeatKeySecret?: string
  readonly heartbeatPort: number
  readonly heartbeatProfile: 'default' | 'fast'
  readonly failBackAfter: number
  readonly lbClass: string
  readonly metalNamespace: string
  readonly ignoreExcludeLb: boolean
  readonly handOverOnCordon: boolean
  readonly ignoreSubnets: boolean
  readonly spread: boolean
  readonly gratuitousInterval: number
  readonly promiscuous: boolean
  readonly metricsPort: number
  readonly metricsHost: string
}

/** @returns 0 after SIGINT or SIGTERM, 1 when it could not start */
export async function runSpeaker(paths: readonly string[], flags: SpeakerFlags, io: CommandIo): Promise<number> {
  // In a pod it is its own cluster that is meant.
  const source =
    paths.length === 0 && io.env['KUBERNETES_SERVICE_HOST'] !== undefined ? { ...flags, cluster: true } : flags
  checkSource('speaker', paths, source)
  checkKey(source)
  const problem = (message: string): void => io.stderr.write(`${escapeLine(message)}\n`)
  const options = await toOptions(flags, io)
  const heartbeatSecret = flags.heartbeatKeySecret ?? ''
  if (options.heartbeatKey === null && heartbeatSecret === '') {
    problem('Heartbeats are not authenticated: give --heartbeat-key-file FILE, the same on all nodes')
  }
  const events = {
    line: (line: SpeakerLine) => io.stdout.write(`${JSON.stringify(line)}\n`),
    problem,
    findings: (findings: readonly Finding[]) => printFindings(findings, io),
  }
  // From before the start, so that a signal during it is not lost.
  const stop = waitForStop({ watchesParent: true })
  let speaker: RunningSpeaker | null
  try {
    speaker = isCluster(source)
      ? await startClusterSpeaker(
          await openCluster({ kubeconfig: flags.kubeconfig ?? '', context: flags.context ?? '' }),
          {
            ...options,
            heartbeatSecret,
            podName: io.env['POD_NAME'] ?? '',
            podUid: io.env['POD_UID'] ?? '',
            podNamespace: io.env['POD_NAMESPACE'] ?? '',
          },
          events,
          stop,
        )
      : await startFilesSpeaker(paths, options, events)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    problem(error.message)
    return EXIT_ERRORS
  }
  if (speaker === null) return EXIT_OK
  problem(`Speaking for node ${options.nodeName}`)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
  problem('Handing over')
  await speaker.close()
  return EXIT_OK
}

/** @throws {UsageError} */
function checkKey(flags: SpeakerFlags): void {
  if (flags.heartbeatKeySecret === undefined) return
  if (!isCluster(flags)) {
    throw new UsageError('Cannot read --heartbeat-key-secret: objects are of files; give --heartbeat-key-file FILE')
  }
  if (flags.heartbeatKeyFile !== undefined) {
    throw new UsageError('Cannot use two keys: give --heartbeat-key-secret or --heartbeat-key-file, not both')
  }
}

async function toOptions(flags: SpeakerFlags, io: CommandIo): Promise<SpeakerOptions> {
  const nodeName = flags.nodeName ?? io.env['NODE_NAME'] ?? ''
  if (nodeName === '') {
    throw new UsageError('Cannot speak for a node: its name is not given; give --node-name NAME or NODE_NAME')
  }
  const timing = flags.heartbeatProfile === 'fast' ? FAST_TIMING : DEFAULT_TIMING
  return {
    nodeName,
    heartbeatKey: flags.heartbeatKeyFile === undefined ? null : await readKey(flags.heartbeatKeyFile),
    heartbeatPort: flags.heartbeatPort,
    timing: { ...timing, settleMs: flags.failBackAfter },
    election: {
      ignoresExcludeLabel: flags.ignoreExcludeLb,
      handsOverOnCordon: flags.handOverOnCordon,
      ignoresSubnets: flags.ignoreSubnets,
      spreads: flags.spread,
    },
    loadBalancerClass: flags.lbClass,
    namespace: flags.metalNamespace,
    gratuitousMs: flags.gratuitousInterval,
    isPromiscuous: flags.promiscuous,
    metricsPort: flags.metricsPort,
    metricsHost: flags.metricsHost,
  }
}

async function readKey(path: string): Promise<Secret> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new UsageError(
      escapeLine(`Cannot read the heartbeat key ${path}: ${reason}; give a file with the same bytes on all nodes`),
    )
  }
  const key = withoutNewline(bytes)
  if (key.length === 0) {
    throw new UsageError(
      escapeLine(`Cannot use the heartbeat key ${path}: it is empty; write one with: openssl rand -hex 32 > ${path}`),
    )
  }
  return new Secret(key)
}

function printFindings(findings: readonly Finding[], io: CommandIo): void {
  for (const { severity, code, message, origin } of findings) {
    if (severity === 'info') continue
    const place = formatPlace(origin)
    const text = `${severity} ${code}: ${message} (${origin.object}${place === '' ? '' : `, ${place}`})`
    io.stderr.write(`${escapeLine(text)}\n`)
  }
}
