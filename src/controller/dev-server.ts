/**
 * The running system of `genkan dev`: manifest files in, a data plane and an admin server out. Each change of the files
 * becomes a new model that is applied at once; changes that arrive meanwhile wait and are taken together.
 */
import { type AdminServer, startAdminServer } from '../admin/admin-server.ts'
import type { Finding } from '../base/finding.ts'
import { mergeFindings } from '../dialects/lint/merge-findings.ts'
import type { TranslateOptions } from '../dialects/translation.ts'
import { createFilesSource, type FilesSource } from '../sources/files/files-source.ts'
import type { FilesState } from '../sources/files/merge-contents.ts'
import { createAdminSources } from './admin-sources.ts'
import { type BackendOverride, resolveOverrides } from './backend-override.ts'
import { DevModel } from './dev-model.ts'
import { LiveState } from './live-state.ts'
import { handleOf } from './plane/raw-handles.ts'
import { startPlane } from './plane/start-plane.ts'
import type { PlaneOptions, TrafficPlane } from './plane/traffic-plane.ts'
import { reservedPorts } from './reserved-ports.ts'
import type { ProgramSockets } from './take-over.ts'
import { UpdateQueue } from './update-queue.ts'

export interface DevOptions
  extends PlaneOptions, Pick<TranslateOptions, 'tcpServices' | 'udpServices' | 'enablesPassthrough'> {
  readonly paths: readonly string[]
  readonly adminPort: number
  readonly workers: number
  readonly classes: readonly string[]
  readonly backends: readonly BackendOverride[]
  readonly simulates: boolean
  readonly configMap: string
  readonly defaultBackendService: string
  /** Of a program that this one takes over from; ports are theirs then. */
  readonly takesOver?: ProgramSockets
  /** Prefer endpoints whose hints name this zone; empty = hints do not matter. */
  readonly nodeZone?: string
}

export interface DevEvents {
  /** All findings of the version that is now served. Called once per version. */
  findings(findings: readonly Finding[]): void
  /** Trouble that is nobody's manifest: a log that cannot be written, a certificate OpenSSL refuses. */
  problem(message: string): void
}

export interface DevServer {
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
  readonly state: LiveState
  /** What a new version of the program takes over. */
  readonly sockets: ProgramSockets
  /** After logrotate moved the access log. */
  reopenLog(): void
  /** Stops accepting, lets requests finish for at most `graceMs`, closes everything. */
  close(graceMs: number): Promise<void>
  /** The same after a new version took over: nobody is hurried, and nothing more is said about files. */
  retire(graceMs: number): Promise<void>
}

/**
 * Returns when everything listens and the first model is served.
 *
 * @throws {Error} with a `code` and a message for people when a port, a log or a backend cannot be used
 */
export async function startDevServer(options: DevOptions, events: DevEvents): Promise<DevServer> {
  const state = new LiveState()
  const backends = await resolveOverrides(options.backends)
  const started = await startParts({ ...options, backends }, state, events)
  const { plane, admin } = started
  return {
    httpPort: plane.httpPort,
    httpsPort: plane.httpsPort,
    adminPort: admin.port,
    state,
    reopenLog: () => {
      plane.reopenLog()
    },
    get sockets() {
      const adminHandle = handleOf(admin.server)
      if (adminHandle === null) throw new TypeError('Cannot hand over: the admin server is closed')
      return { plane: plane.sockets, admin: adminHandle }
    },
    close: (graceMs) => end(started, state, graceMs, false),
    retire: (graceMs) => end(started, state, graceMs, true),
  }
}

async function end(parts: Parts, state: LiveState, graceMs: number, isPatient: boolean): Promise<void> {
  const { source, plane, admin, updates, models, closeSources } = parts
  state.isDraining = true
  source.close()
  await updates.idle()
  // The successor answers there.
  if (isPatient) await admin.close()
  await plane.drain(graceMs, isPatient)
  if (!isPatient) await admin.close()
  closeSources()
  await models.close()
}

interface Parts {
  readonly source: FilesSource
  readonly plane: TrafficPlane
  readonly admin: AdminServer
  readonly updates: UpdateQueue
  readonly models: DevModel
  readonly closeSources: () => void
}

async function startParts(options: DevOptions, state: LiveState, events: DevEvents): Promise<Parts> {
  const models = new DevModel(options)
  const takenSockets = options.takesOver === undefined ? {} : { sockets: options.takesOver.plane }
  const live: { plane: TrafficPlane | null } = { plane: null }
  const update = async (files: FilesState): Promise<TrafficPlane> => {
    const step = await models.next(files.objects, {
      classes: options.classes,
      configMap: options.configMap,
      defaultBackendService: options.defaultBackendService,
      tcpServices: options.tcpServices ?? '',
      udpServices: options.udpServices ?? '',
      enablesPassthrough: options.enablesPassthrough ?? false,
      reservedPorts: reservedPorts(options, live.plane ?? {}),
      nodeZone: options.nodeZone ?? '',
    })
    const { model } = step
    // The first model is there before the first connection.
    if (live.plane !== null) await live.plane.apply(model)
    else
      live.plane = await startPlane({
        ...options,
        ...takenSockets,
        model,
        // No DNS leads the hosts of the manifests to this machine.
        asksItself: true,
        onProblem: (message) => events.problem(message),
      })
    const [translated = [], simulated = [], checked = []] = step.findings()
    const findings = mergeFindings([...files.findings, ...translated, ...simulated], checked)
    state.replace(model, findings, Date.now())
    events.findings(findings)
    await step.settle()
    return live.plane
  }
  let source: FilesSource | null = null
  let files: FilesState | null = null
  const updates = new UpdateQueue(
    async () => {
      if (files !== null) await update(files)
    },
    (error) => {
      state.recordFailure()
      events.problem(`Cannot apply the change: ${error instanceof Error ? error.message : String(error)}`)
    },
  )
  let sources: ReturnType<typeof createAdminSources> | null = null
  try {
    source = await createFilesSource(options.paths, {
      onChange: (changed) => {
        files = changed
        updates.push()
      },
    })
    const started = await update(source.state)
    const opened = createAdminSources(state, started, options.metrics)
    sources = opened
    const admin = await startAdminServer({
      port: options.adminPort,
      ...(options.takesOver === undefined ? {} : { bound: options.takesOver.admin }),
      sources: opened,
      onProblem: (message) => events.problem(message),
    })
    return { source, plane: started, admin, updates, models, closeSources: () => opened.close() }
  } catch (error) {
    source?.close()
    sources?.close()
    await live.plane?.drain(0)
    await models.close()
    throw error
  }
}
