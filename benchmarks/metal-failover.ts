/**
 * A node is lost and all its addresses come to this one: from the change of members to the responder having them, to the first
 * announcement of each on the wire, and to all of it being told (lines, Events, status objects; an API server that answers at
 * once), with the longest time in which the main thread did nothing else. The wire is a veth pair in a namespace of its own.
 * Usage: bash scripts/in-namespace.sh node benchmarks/metal-failover.ts [ADDRESSES] [TIMES]
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { EventSink } from '../src/controller/cluster/event-sink.ts'
import { ClusterReports } from '../src/controller/metal/speaker/speaker-cluster-reports.ts'
import { L2Announcing } from '../src/controller/metal/speaker/speaker-l2.ts'
import { SpeakerMetrics } from '../src/controller/metal/speaker/speaker-metrics.ts'
import { StatusObjects } from '../src/controller/metal/speaker/speaker-status.ts'
import { decideAnnouncements } from '../src/metal/election/decide-announcements.ts'
import { ElectionMemory } from '../src/metal/election/election-memory.ts'
import type { ElectionInput } from '../src/metal/election/election-model.ts'
import { config, l2, service } from '../src/metal/election/testing/objects.ts'
import type { ApiTransport } from '../src/sources/cluster/api-transport.ts'
import { formatSpread, threadCpuMs } from './call-times.ts'
import { metalCluster } from './metal-cluster.ts'

const [addresses = 5000, times = 10] = process.argv.slice(2).map(Number)

/** Frames that the far end of the wire has got. */
function framesReceived(): number {
  const line = readFileSync('/proc/thread-self/net/dev', 'utf8')
    .split('\n')
    .find((each) => each.trimStart().startsWith('far:'))
  return Number(line?.trim().split(/\s+/)[2] ?? 0)
}

/** The far end: says when so many more frames have come. */
function watchWire(): void {
  parentPort?.on('message', (count: number) => {
    const end = framesReceived() + count
    const timer = setInterval(() => {
      if (framesReceived() < end) return
      clearInterval(timer)
      parentPort?.postMessage(performance.timeOrigin + performance.now())
    }, 1)
  })
}

async function measure(): Promise<void> {
  for (const command of ['link add near type veth peer name far', 'link set far up', 'link set near up']) {
    execFileSync('ip', command.split(' '))
  }
  const wire = new Worker(new URL(import.meta.url))
  const transport = { json: () => Promise.resolve({}) } as unknown as ApiTransport
  const nodes = metalCluster(1, 50)
  const services = Array.from({ length: addresses }, (_, n) => service(`s${n}`, [`10.0.${n >> 8}.${n & 255}`]))
  const both: ElectionInput = {
    ...nodes,
    // All are another node's as long as that one is there.
    config: config({ l2Advertisements: [l2({ preferredNodes: [{ weight: 1, preference: hostname('node-1') }] })] }, [
      '10.0.0.0/8',
    ]),
    services,
    endpoints: new Map(services.map(({ key }) => [key, [{ nodeName: 'node-0', isUsable: true }]])),
    members: nodes.members.slice(0, 2),
  }
  const alone: ElectionInput = { ...both, members: both.members.slice(0, 1) }
  const figures = new Map<string, number[]>()
  const note = (name: string, ms: number): void => void figures.set(name, [...(figures.get(name) ?? []), ms])

  for (let time = 0; time < times; time++) {
    const ready = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    let lines = 0
    const events = { line: () => void lines++, problem() {} }
    const onProblem = (message: string): void => void process.stderr.write(`${message}\n`)
    const status = new StatusObjects({ transport, namespace: 'n', node: 'node-0', owners: [], onProblem })
    const instance = { component: 'speaker', instance: 'a', namespace: '', mayWrite: () => true, onProblem }
    const sink = new EventSink({ transport, ...instance })
    const metrics = new SpeakerMetrics('node-0')
    const reports = new ClusterReports({ node: 'node-0', metrics, sink, status, uidOf: () => 'uid' })
    let isReporting = false
    let reported = 0
    const announcing = new L2Announcing({
      nodeName: 'node-0',
      gratuitousMs: 0,
      isPromiscuous: false,
      events,
      isSpeaker: () => true,
      onInterfaces: (interfaces) => {
        if (interfaces.some(({ name, unusedReason }) => name === 'near' && unusedReason === '')) ready.resolve()
      },
      onBroken: () => ready.reject(new Error('Cannot open sockets; NET_RAW is needed')),
      onYielded() {},
      warn() {},
      onAnnounced() {
        if (isReporting) return
        isReporting = true
        // As the speaker does.
        setImmediate(() => {
          isReporting = false
          reported++
          reports.announced(announcing.announcedAddresses, [])
          if (announcing.announced.size === addresses) told.resolve()
        })
      },
    })
    announcing.exclude(['^far$', '^lo$'])
    await ready.promise
    const memory = new ElectionMemory()
    decideAnnouncements(both, memory)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const onWire = new Promise<number>((resolve) => wire.once('message', resolve))
    wire.postMessage(2 * addresses)
    await new Promise((resolve) => setTimeout(resolve, 100))
    delay.enable()
    const cpu = threadCpuMs()
    const beganMs = performance.now()
    const decision = decideAnnouncements(alone, memory)
    note('members changed: all decided', performance.now() - beganMs)
    announcing.wish(
      decision.l2,
      decision.l2.map(({ address }) => address),
    )
    note('all given to the responder', performance.now() - beganMs)
    note('the same, processor time', threadCpuMs() - cpu)
    note('first announcement of each on the wire', (await onWire) - performance.timeOrigin - beganMs)
    await told.promise
    note('all told', performance.now() - beganMs)
    note('processor time of the main thread until then', threadCpuMs() - cpu)
    delay.disable()
    note('longest time in which the main thread did nothing else', delay.max / 1e6)
    if (lines !== addresses) throw new Error(`${lines} lines in place of ${addresses}`)
    note('reports', reported / 1000)
    await announcing.close()
    await Promise.all([status.close(), sink.close()])
  }
  process.stdout.write('| what | p50 / p99 / worst |\n| --- | --- |\n')
  for (const [name, values] of figures) {
    process.stdout.write(`| ${name} | ${formatSpread(Float64Array.from(values))} |\n`)
  }
  await wire.terminate()
}

function hostname(name: string): {
  readonly matchLabels: Readonly<Record<string, string>>
  readonly matchExpressions: []
} {
  return { matchLabels: { 'kubernetes.io/hostname': name }, matchExpressions: [] }
}

if (isMainThread) await measure()
else watchWire()
