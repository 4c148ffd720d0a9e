/** Which port of a Service a rule means. */
import type { Service, ServicePort, ServicePortRef } from '../../kube/objects.ts'

export type FoundPort =
  | { readonly kind: 'port'; readonly port: ServicePort }
  /** Not a port, but the text of this one's targetPort. */
  | { readonly kind: 'target-port'; readonly port: ServicePort }
  | { readonly kind: 'none' }

/**
 * By number or by name; an ExternalName Service need not declare a port that is given by number.
 * Only TCP ports are looked at, as HTTP runs on no other.
 */
export function findServicePort(service: Service, ref: ServicePortRef): FoundPort {
  const ports = service.spec.ports.filter((port) => port.protocol === 'TCP')
  const port = ports.find((candidate) =>
    ref.kind === 'number' ? candidate.port === ref.number : candidate.name !== '' && candidate.name === ref.name,
  )
  if (port !== undefined) return { kind: 'port', port }
  if (service.spec.type === 'ExternalName') {
    if (ref.kind === 'name') return { kind: 'none' }
    const { number } = ref
    return { kind: 'port', port: { name: '', port: number, targetPort: number, nodePort: 0, protocol: 'TCP' } }
  }
  const text = ref.kind === 'number' ? String(ref.number) : ref.name
  const byTarget = ports.find((candidate) => String(candidate.targetPort) === text)
  return byTarget === undefined ? { kind: 'none' } : { kind: 'target-port', port: byTarget }
}

/** `service has ports 80 (http), 443` for messages. */
export function describePorts(service: Service): string {
  const { ports } = service.spec
  if (ports.length === 0) return 'service has no ports'
  const list = ports.slice(0, 8).map((port) => (port.name === '' ? `${port.port}` : `${port.port} (${port.name})`))
  const more = ports.length > list.length ? ` and ${ports.length - list.length} more` : ''
  return `service has ${ports.length === 1 ? 'port' : 'ports'} ${list.join(', ')}${more}`
}
