/** What all clusters of a worker share: the bound on idle connections, their settings and the timers. */
import type { ProxySettings } from '../../routing/model.ts'
import type { TimerWheel } from '../timer-wheel.ts'
import { CheckSlots } from './health/check-slots.ts'
import { TlsProblems } from './tls-problems.ts'

export class UpstreamPool {
  settings: ProxySettings
  readonly timers: TimerWheel
  readonly checkSlots = new CheckSlots()
  /** Idle connections of all endpoints together. */
  idleCount = 0
  /** Open connections, idle ones included. */
  openCount = 0

  readonly tlsProblems: TlsProblems

  /** @param reportProblem told of upstreams whose TLS is not as it must be; default: nobody */
  constructor(settings: ProxySettings, timers: TimerWheel, reportProblem: (message: string) => void = () => undefined) {
    this.settings = settings
    this.tlsProblems = new TlsProblems(reportProblem)
    this.timers = timers
  }

  /** True when one more idle connection may be kept. */
  hasRoom(): boolean {
    return this.idleCount < this.settings.upstreamKeepaliveConnections
  }
}
