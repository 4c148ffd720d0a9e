/** What `genkan serve` is told, by flags and by its environment. */
import type { ControllerCommand } from '../../dialects/nginx/controller-flags.ts'
import type { MetricsOptions } from '../../proxy/metrics/metrics-options.ts'

export interface ServeOptions {
  /** ingress-nginx's flags. */
  readonly command: ControllerCommand
  /** Address of the http and https ports. */
  readonly host: string
  readonly adminHost: string
  readonly workers: number
  /** A path, `-`, `off`, or empty: where the ConfigMap says. */
  readonly accessLog: string
  /** Zone of our node, empty = unknown. */
  readonly nodeZone: string
  /** Of this replica: `POD_NAME` and `POD_NAMESPACE`. */
  readonly podName: string
  readonly podNamespace: string
  readonly metrics?: MetricsOptions
  /** Name of the ValidatingWebhookConfiguration that our own certificate is written into; empty = none. */
  readonly webhookConfiguration: string
}

export interface ServeEvents {
  /** Trouble that is nobody's object, for people. */
  problem(message: string): void
  /** Each version that is served. */
  applied(version: number, findings: number): void
  leading(isLeader: boolean): void
}
