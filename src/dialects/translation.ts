/** What a dialect makes of a Snapshot: the routing model, certificates still to be made, findings. Pure data. */
import type { Finding, Origin } from '../base/finding.ts'
import type { Ingress, Service, ServicePort } from '../kube/objects.ts'
import type { Endpoint, RoutingModel } from '../routing/model.ts'
import type { ControllerCommand } from './nginx/controller-flags.ts'

export interface TranslateOptions {
  /** Serve only these classes; empty = any class and class-less Ingresses. */
  readonly classes: readonly string[]
  /** `namespace/name` of ingress-nginx's settings ConfigMap; empty = none given. */
  readonly configMap: string
  /** `namespace/name` of the default backend Service (first port); empty = none. */
  readonly defaultBackendService: string
  /** Milliseconds since the epoch, for certificate dates. */
  readonly nowMs: number
  readonly endpoints: EndpointSource
  /** Prefer endpoints whose hints name this zone; absent or empty = hints do not matter. */
  readonly nodeZone?: string
  /** `namespace/name` of the ConfigMaps of TCP and UDP services; absent or empty = none given. */
  readonly tcpServices?: string
  readonly udpServices?: string
  /** Our own command line, where we stand in for ingress-nginx's controller: Deployments are not looked at then. */
  readonly controller?: ControllerCommand
  /** Hosts may have their TLS passed through; absent = only where a controller's arguments say so. */
  readonly enablesPassthrough?: boolean
  /** TCP ports that this process listens on itself, and what they are: `the http port`. */
  readonly reservedPorts?: ReadonlyMap<number, string>
  /** Variables of a log format that the access log does not have. Default: all are known. */
  readonly unknownLogVariables?: (format: string, kind: 'requests' | 'streams') => readonly string[]
}

/** Where endpoints come from besides the Snapshot's slices and ExternalName. */
export interface EndpointSource {
  /** Asked first (`--backend`). `null` = not mine. */
  override(service: Service, port: ServicePort): readonly Endpoint[] | null
  /** Asked when a Service has neither slices nor ExternalName (simulated pods). `null` = none. */
  simulate(service: Service, port: ServicePort): readonly Endpoint[] | null
}

/** A certificate that the model names and that is still to be generated. */
export interface CertificateRequest {
  /** The id that the model's SNI table uses. */
  readonly id: string
  readonly hosts: readonly string[]
  readonly origin: Origin
}

export interface Translation {
  readonly model: RoutingModel
  /** `model.certificates` refers to these ids; whoever applies the model adds the certificates. */
  readonly certificateRequests: readonly CertificateRequest[]
  readonly findings: readonly Finding[]
  /** Ingresses that are ours, canaries and refused ones among them. */
  readonly served: readonly Ingress[]
}
