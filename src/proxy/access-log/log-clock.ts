/** The two clocks of a log line, and their texts, made once a second. */

/** Sources of time; tests pass fixed ones. */
export interface ClockPorts {
  /** Milliseconds since the epoch. */
  wallMs(): number
  /** Milliseconds on the clock of `RequestRecord.startMs`. */
  monotonicMs(): number
}

export interface LogClock {
  /** Reads both clocks; the fields below hold until the next call. */
  tick(): void
  readonly wallMs: number
  readonly monotonicMs: number
  /** `21/Nov/2026:08:13:00 +0000`, local time. */
  readonly timeLocal: string
  /** `2026-11-21T08:13:00+00:00`, local time. */
  readonly timeIso8601: string
}

const SYSTEM: ClockPorts = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

export function createLogClock(ports: ClockPorts = SYSTEM): LogClock {
  let second = Number.NaN
  const clock = {
    wallMs: 0,
    monotonicMs: 0,
    timeLocal: '',
    timeIso8601: '',
    tick(): void {
      clock.wallMs = ports.wallMs()
      clock.monotonicMs = ports.monotonicMs()
      const current = Math.floor(clock.wallMs / 1000)
      if (current === second) return
      second = current
      const date = new Date(current * 1000)
      clock.timeLocal = formatTimeLocal(date)
      clock.timeIso8601 = formatTimeIso8601(date)
    },
  }
  return clock
}

function formatTimeLocal(date: Date): string {
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()] ?? ''}/${date.getFullYear()}`
  return `${day}:${clockTime(date)} ${zone(date, '')}`
}

function formatTimeIso8601(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${clockTime(date)}${zone(date, ':')}`
}

function clockTime(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function zone(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset()
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
