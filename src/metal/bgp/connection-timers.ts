/** Timers of one connection: hold (RFC 4271 6.5), keepalive (4.4), and a peer that does not read (RFC 9687). */

export interface ConnectionTimers {
  /** @param seconds 0 = no hold timer */
  readonly startHold: (seconds: number) => void
  readonly startKeepalives: (holdSeconds: number, keepaliveSeconds: number) => void
  /** Something came that counts as a sign of life. */
  readonly heard: () => void
  /** The kernel took something. */
  readonly progress: () => void
  readonly stop: () => void
}

export interface TimerPorts {
  readonly onHoldExpired: () => void
  readonly onKeepalive: () => void
  readonly hasUnsent: () => boolean
  readonly onStuck: () => void
}

export function createConnectionTimers(ports: TimerPorts): ConnectionTimers {
  let hold: NodeJS.Timeout | undefined
  let keepalive: NodeJS.Timeout | undefined
  let isStopped = false
  let hasHeard = false
  let lastProgress = performance.now()

  function startHold(seconds: number): void {
    clearTimeout(hold)
    if (seconds === 0) return
    hold = setTimeout(() => {
      hasHeard = false
      // After a stall of this process what the peer has sent in time may lie unread: it gets one turn to be seen.
      setImmediate(() => {
        if (!isStopped && !hasHeard) ports.onHoldExpired()
      })
    }, seconds * 1000)
  }

  function startKeepalives(holdSeconds: number, keepaliveSeconds: number): void {
    clearTimeout(keepalive)
    if (holdSeconds === 0) return
    const third = (holdSeconds * 1000) / 3
    const interval = keepaliveSeconds > 0 ? Math.min(keepaliveSeconds * 1000, third) : third
    const next = (): void => {
      // RFC 4271 10: up to a quarter less.
      keepalive = setTimeout(
        () => {
          if (ports.hasUnsent() && performance.now() - lastProgress > holdSeconds * 1000) ports.onStuck()
          else {
            ports.onKeepalive()
            if (!isStopped) next()
          }
        },
        interval * (0.75 + Math.random() / 4),
      )
    }
    lastProgress = performance.now()
    next()
  }

  return {
    startHold,
    startKeepalives,
    heard() {
      hasHeard = true
      hold?.refresh()
    },
    progress() {
      lastProgress = performance.now()
    },
    stop() {
      isStopped = true
      clearTimeout(hold)
      clearTimeout(keepalive)
    },
  }
}
