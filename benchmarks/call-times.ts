/**
 * Times of single calls, on a machine that does other things too: the clock, the processor time of the thread, and whether the
 * runtime collected garbage meanwhile, which is in both and is told, not taken out.
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { loadLibc } from '../src/metal/l2/libc.ts'
import { percentile } from './statistics.ts'

/** CLOCK_THREAD_CPUTIME_ID: to the nanosecond; what `process.threadCpuUsage` tells moves with the kernel's tick. */
const THREAD_CPU = 3
const libc = loadLibc()
const clock = Buffer.alloc(16)

export interface CallTimes {
  /** Milliseconds by the clock, one a call. */
  readonly wallMs: Float64Array
  /** Processor time of the calling thread, milliseconds. */
  readonly cpuMs: Float64Array
  /** When each call began, on the clock of `performance`. */
  readonly beganMs: Float64Array
}

/** Calls `run` with 0 to `count - 1`; what `prepare` returns is not timed. */
export function timeCalls<T>(count: number, prepare: (n: number) => T, run: (prepared: T) => unknown): CallTimes {
  const times = {
    wallMs: new Float64Array(count),
    cpuMs: new Float64Array(count),
    beganMs: new Float64Array(count),
  }
  for (let n = 0; n < count; n++) {
    const prepared = prepare(n)
    const cpu = threadCpuMs()
    const beganMs = performance.now()
    run(prepared)
    times.wallMs[n] = performance.now() - beganMs
    times.cpuMs[n] = threadCpuMs() - cpu
    times.beganMs[n] = beganMs
  }
  return times
}

/** Processor time of this thread so far, milliseconds. */
export function threadCpuMs(): number {
  libc.clockGetTime(THREAD_CPU, clock)
  return Number(clock.readBigInt64LE(0)) * 1000 + Number(clock.readBigInt64LE(8)) / 1e6
}

/** Garbage collections of this thread from now on. */
export interface CollectionWatch {
  /** How many calls were longer than `limitMs` of processor time, and how many of those had a collection in them. */
  slow(times: CallTimes, limitMs: number): Promise<{ readonly all: number; readonly withCollection: number }>
  close(): void
}

export function watchCollections(): CollectionWatch {
  const pauses: { readonly startTime: number; readonly duration: number }[] = []
  const observer = new PerformanceObserver((list) => pauses.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return {
    async slow({ wallMs, cpuMs, beganMs }, limitMs) {
      // Entries come a turn later.
      await new Promise((resolve) => setTimeout(resolve, 20))
      pauses.push(...observer.takeRecords())
      const slow = [...cpuMs.keys()].filter((n) => cpuMs[n]! > limitMs)
      const hasPause = (n: number): boolean =>
        pauses.some(
          ({ startTime, duration }) => startTime < beganMs[n]! + wallMs[n]! && startTime + duration > beganMs[n]!,
        )
      return { all: slow.length, withCollection: slow.filter(hasPause).length }
    },
    close: () => observer.disconnect(),
  }
}

/** `p50 / p99 / worst`, with a unit that fits. */
export function formatSpread(values: Float64Array): string {
  return [percentile(values, 0.5), percentile(values, 0.99), Math.max(...values)].map(formatMs).join(' / ')
}

export function formatMs(ms: number): string {
  if (ms >= 100) return `${ms.toFixed(0)} ms`
  if (ms >= 1) return `${ms.toFixed(1)} ms`
  return `${Math.round(ms * 1000)} µs`
}
