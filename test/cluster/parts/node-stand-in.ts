/**
 * Stands in for scheduler and kubelet: binds pods to one of its nodes, runs each as an echo server on an address of its
 * own and writes `.status` as a kubelet would: Running and Ready with an IP, not Ready while it terminates, gone after.
 * Readiness can be changed by the annotation `cluster.example/ready: "false"`; readiness gates count as with a kubelet.
 */
import { type ApiClient, ApiError, type ObjectLike } from './api-client.ts'
import { type PodServer, startPodServer } from './pod-server.ts'

interface Pod extends ObjectLike {
  readonly spec: {
    readonly nodeName?: string
    readonly readinessGates?: readonly { readonly conditionType: string }[]
    readonly containers: readonly {
      readonly name: string
      readonly image: string
      readonly ports?: readonly { readonly containerPort: number }[]
      readonly env?: readonly {
        readonly name: string
        readonly value?: string
        readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
      }[]
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

interface PodList {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly Pod[]
}

interface RunningPod {
  readonly server: PodServer
  readonly address: string
  /** Its containers are. */
  isReady: boolean
  /** And all its readiness gates are true. */
  isWhole: boolean
  isEnding: boolean
}

const DEFAULT_PORT = 8080
const OWN_CONDITIONS = ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready']
/** As a kubelet's: the pods of a node that is silent for 50 s are not ready. */
const HEARTBEAT_MS = 10_000

/** After a request that failed; for as long as this many times, a minute. */
const RETRY_MS = 100
const TRIES = 600

export interface NodeStandIn {
  /** How long a terminating pod still takes connections: the time that an endpoint needs to be withdrawn. */
  lingerMs: number
  stop(): Promise<void>
}

export async function startNodes(api: ApiClient, names: readonly string[]): Promise<NodeStandIn> {
  for (const [index, name] of names.entries()) await createNode(api, name, index)
  const nodes = new Nodes(api, names)
  await nodes.start()
  return nodes
}

async function createNode(api: ApiClient, name: string, index: number): Promise<void> {
  await api.create('/api/v1/nodes', {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 3}` } },
  })
  await api.mergePatch(`/api/v1/nodes/${name}/status`, {
    status: {
      capacity: { cpu: '64', memory: '256Gi', pods: '1000' },
      allocatable: { cpu: '64', memory: '256Gi', pods: '1000' },
      conditions: [readyCondition()],
      addresses: [{ type: 'InternalIP', address: `10.244.0.${10 + index}` }],
    },
  })
}

function readyCondition(): Record<string, string> {
  const lastHeartbeatTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  return { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready', lastHeartbeatTime }
}

class Nodes implements NodeStandIn {
  lingerMs = 1000
  readonly #api: ApiClient
  readonly #names: readonly string[]
  readonly #pods = new Map<string, RunningPod>()
  readonly #stopped = new AbortController()
  readonly #queue = new Map<string, Promise<void>>()
  #watching: Promise<void> = Promise.resolve()
  #heart: NodeJS.Timeout | undefined
  #nextAddress = 256
  #nextNode = 0

  constructor(api: ApiClient, names: readonly string[]) {
    this.#api = api
    this.#names = names
  }

  async start(): Promise<void> {
    const version = await this.#list()
    this.#watching = this.#follow(version)
    this.#heart = setInterval(() => void this.#beat(), HEARTBEAT_MS)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    clearInterval(this.#heart)
    await this.#watching
    await Promise.allSettled(this.#queue.values())
    for (const pod of this.#pods.values()) pod.server.kill()
  }

  async #beat(): Promise<void> {
    const status = { conditions: [readyCondition()] }
    const paths = this.#names.map((name) => `/api/v1/nodes/${name}/status`)
    // One that fails, while the server is stopped by a test, is followed by others.
    await Promise.allSettled(paths.map((path) => this.#api.mergePatch(path, { status })))
  }

  async #list(): Promise<string> {
    const list = await this.#api.get<PodList>('/api/v1/pods')
    for (const pod of list.items) this.#enqueue(pod)
    return list.metadata.resourceVersion
  }

  async #follow(from: string): Promise<void> {
    let version = from
    while (!this.#stopped.signal.aborted) {
      try {
        for await (const { type, object } of this.#api.watch<Pod>('/api/v1/pods', version, this.#stopped.signal)) {
          if (type === 'ERROR') break
          version = object.metadata.resourceVersion ?? version
          if (type === 'DELETED') this.#gone(object)
          else this.#enqueue(object)
        }
        version = await this.#list()
      } catch {
        if (this.#stopped.signal.aborted) return
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        version = await this.#list().catch(() => version)
      }
    }
  }

  /** One change of a pod after the other, of different pods side by side. */
  #enqueue(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    const before = this.#queue.get(uid) ?? Promise.resolve()
    const next = before
      .then(() => this.#insist(() => this.#advance(pod)))
      .finally(() => {
        if (this.#queue.get(uid) === next) this.#queue.delete(uid)
      })
    this.#queue.set(uid, next)
  }

  /** As a kubelet does: what the API server does not take now is written again, whatever it is busy with. */
  async #insist(work: () => Promise<void>): Promise<void> {
    for (let tries = 1; !this.#stopped.signal.aborted; tries++) {
      try {
        return await work()
      } catch (error) {
        // Deleted or changed meanwhile: the watch says what came of it.
        if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return
        if (this.#stopped.signal.aborted) return
        if (tries === TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  #gone(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    this.#pods.get(uid)?.server.kill()
    this.#pods.delete(uid)
  }

  async #advance(pod: Pod): Promise<void> {
    const { uid = '', deletionTimestamp } = pod.metadata
    const running = this.#pods.get(uid)
    if (deletionTimestamp !== undefined) {
      if (running === undefined) await this.#remove(pod)
      else if (!running.isEnding) void this.#end(pod, running)
    } else if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') {
      await this.#bind(pod)
    } else if (!this.#names.includes(pod.spec.nodeName)) {
      return
    } else if (running === undefined) {
      await this.#run(pod)
    } else {
      await this.#follows(pod, running)
    }
  }

  async #bind(pod: Pod): Promise<void> {
    const node = this.#names[this.#nextNode++ % this.#names.length] ?? ''
    const { name, namespace } = pod.metadata
    await this.#api.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    })
  }

  async #run(pod: Pod): Promise<void> {
    const { name, namespace = '', uid = '' } = pod.metadata
    const serial = this.#nextAddress++
    const address = `10.244.${serial >> 8}.${serial & 255}`
    const written = pod.spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort))
    const ports = written.length === 0 ? [DEFAULT_PORT] : [...new Set(written)]
    const server = await startPodServer({ namespace, name, address, ports, env: environmentOf(pod, address) })
    const isReady = wantsReady(pod)
    const running = { server, address, isReady, isWhole: isReady && doGatesHold(pod), isEnding: false }
    this.#pods.set(uid, running)
    await this.#insist(() => this.#writeStatus(pod, running))
  }

  async #follows(pod: Pod, running: RunningPod): Promise<void> {
    const isReady = wantsReady(pod)
    const isWhole = isReady && doGatesHold(pod)
    if (running.isEnding || (running.isReady === isReady && running.isWhole === isWhole)) return
    Object.assign(running, { isReady, isWhole })
    await this.#insist(() => this.#writeStatus(pod, running))
  }

  async #end(pod: Pod, running: RunningPod): Promise<void> {
    running.isEnding = true
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000
    const timer = setTimeout(() => running.server.kill(), graceMs)
    await running.server.terminate(Math.min(this.lingerMs, graceMs))
    clearTimeout(timer)
    await this.#insist(() => this.#remove(pod))
  }

  async #remove({ metadata: { name, namespace, uid } }: Pod): Promise<void> {
    await this.#api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, {
      gracePeriodSeconds: 0,
      preconditions: { uid },
    })
  }

  async #writeStatus(pod: Pod, { address, isReady, isWhole }: RunningPod): Promise<void> {
    const { name, namespace } = pod.metadata
    const status = isReady ? 'True' : 'False'
    const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    await this.#api.mergePatch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      metadata: { uid: pod.metadata.uid },
      status: {
        phase: 'Running',
        podIP: address,
        podIPs: [{ ip: address }],
        startTime: at,
        conditions: [
          // A merge patch writes the whole list: conditions of others have to stay in it.
          ...(pod.status?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.includes(type)),
          ...OWN_CONDITIONS.map((type) => ({
            type,
            status: type === 'ContainersReady' ? status : type === 'Ready' && !isWhole ? 'False' : 'True',
            lastTransitionTime: at,
          })),
        ],
        containerStatuses: pod.spec.containers.map((container) => ({
          name: container.name,
          image: container.image,
          imageID: '',
          ready: isReady,
          started: true,
          restartCount: 0,
          state: { running: { startedAt: at } },
        })),
      },
    })
  }
}

function doGatesHold({ spec: { readinessGates = [] }, status }: Pod): boolean {
  const isTrue = (gate: string): boolean =>
    status?.conditions?.some((condition) => condition.type === gate && condition.status === 'True') ?? false
  return readinessGates.every(({ conditionType }) => isTrue(conditionType))
}

function wantsReady(pod: Pod): boolean {
  return pod.metadata.annotations?.['cluster.example/ready'] !== 'false'
}

/** Of all its containers; of the downward API what echo images ask for. */
function environmentOf({ metadata, spec }: Pod, address: string): Record<string, string> {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? '',
    'metadata.uid': metadata.uid ?? '',
    'spec.nodeName': spec.nodeName ?? '',
    'status.podIP': address,
  }
  const entries = spec.containers.flatMap(({ env = [] }) =>
    env.map(({ name, value = '', valueFrom }) => [name, fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? value]),
  )
  return Object.fromEntries(entries) as Record<string, string>
}
