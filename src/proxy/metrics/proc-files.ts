/** Reads what Linux says about a process under /proc (proc(5)). */
import { readFileSync } from 'node:fs'

export interface ProcessFacts {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly virtualBytes: number
  /** Bytes read from and written to storage; 0 where the kernel does not say. */
  readonly readBytes: number
  readonly writeBytes: number
  /** Seconds since the epoch. */
  readonly startSeconds: number
}

/** USER_HZ is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100
/** Position in `/proc/PID/stat` counted from the field after the command's name, which is field 3. */
const UTIME = 14 - 3
const STIME = 15 - 3
const START_TIME = 22 - 3

/** @returns `null` when the process is gone or the system has no /proc */
export function readProcessFacts(pid: number): ProcessFacts | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name may hold spaces and parentheses: what counts comes after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const io = readOrEmpty(`/proc/${pid}/io`)
    return {
      cpuSeconds: (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND,
      residentBytes: readNumber(status, 'VmRSS') * 1024,
      virtualBytes: readNumber(status, 'VmSize') * 1024,
      readBytes: readNumber(io, 'read_bytes'),
      writeBytes: readNumber(io, 'write_bytes'),
      startSeconds: bootSeconds() + Number(fields[START_TIME]) / TICKS_PER_SECOND,
    }
  } catch {
    return null
  }
}

function bootSeconds(): number {
  return Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? 0)
}

/** The number after `name:` at the beginning of a line. */
function readNumber(text: string, name: string): number {
  const at = `\n${text}`.indexOf(`\n${name}:`)
  return at === -1 ? 0 : Number.parseInt(text.slice(at + name.length + 1), 10)
}

/** `/proc/PID/io` is closed to other users. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
