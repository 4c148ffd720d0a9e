/** CPU time and memory of a process and all its descendants, from Linux's /proc (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs'

export interface CpuTime {
  readonly userMs: number
  readonly systemMs: number
}

/** Length of one clock tick: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10

/** Sum over the tree. Processes that ended meanwhile count no more, so measure trees that are at rest. */
export function readTreeCpu(rootPid: number): CpuTime {
  let user = 0
  let system = 0
  for (const pid of listTree(rootPid)) {
    const fields = readStat(pid)
    if (fields === null) continue
    user += Number(fields[11])
    system += Number(fields[12])
  }
  return { userMs: user * TICK_MS, systemMs: system * TICK_MS }
}

/** Resident memory of the tree in bytes; pages shared between its processes count once for each. */
export function readTreeRss(rootPid: number): number {
  let kib = 0
  for (const pid of listTree(rootPid)) {
    const status = readText(`/proc/${pid}/status`)
    kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0)
  }
  return kib * 1024
}

function listTree(rootPid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const parent = Number(readStat(pid)?.[1] ?? -1)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [rootPid]
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] ?? 0) ?? []))
  return tree
}

/** Fields from the third (state) on; the command name before them may hold spaces and brackets. */
function readStat(pid: number): readonly string[] | null {
  const text = readText(`/proc/${pid}/stat`)
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // The process ended between the listing and the reading.
    return null
  }
}
