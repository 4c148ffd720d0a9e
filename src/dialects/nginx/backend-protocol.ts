/** `backend-protocol` (ingress-nginx, annotations.md: Backend Protocol): what is spoken to the endpoints. */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { UpstreamProtocol } from '../../routing/model.ts'
import type { Report } from '../report.ts'

export const BACKEND_PROTOCOLS = ['HTTP', 'HTTPS', 'AUTO_HTTP', 'GRPC', 'GRPCS', 'FCGI'] as const

/** gRPC is HTTP/2; whoever says GRPC gets all of HTTP/2, as gRPC is nothing else on the wire. */
const SPOKEN = {
  HTTP: 'http',
  HTTPS: 'https',
  AUTO_HTTP: 'client',
  GRPC: 'h2c',
  GRPCS: 'h2',
} as const satisfies Record<Exclude<(typeof BACKEND_PROTOCOLS)[number], 'FCGI'>, UpstreamProtocol>

/** @param name of the annotation with its prefix */
export function toUpstreamProtocol(
  ingress: Ingress,
  name: string,
  value: (typeof BACKEND_PROTOCOLS)[number],
  report: Report,
): UpstreamProtocol {
  if (value !== 'FCGI') return SPOKEN[value]
  report(
    'ANNOTATION_UNSUPPORTED',
    `Cannot speak FCGI to the backends of ${describeObject(ingress)}: FastCGI is not served, and HTTP is used, which such a backend does not answer; ` +
      'put an HTTP server before it in its pod, accepted are HTTP, HTTPS, AUTO_HTTP, GRPC and GRPCS',
    originOf(ingress, 'metadata', 'annotations', name),
  )
  return 'http'
}
