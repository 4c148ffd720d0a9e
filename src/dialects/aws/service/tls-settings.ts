/** Certificates of a Service and the ports that they are for. */
import type { ServicePort } from '../../../kube/objects.ts'
import { describePorts } from '../../ingress/service-port.ts'
import { type Reading, valueOr } from '../annotation-reader.ts'
import { problemOfCertificate } from '../certificate-arn.ts'
import { isNamed } from './ports.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'

export interface TlsSettings {
  /** ARNs, the default one first; empty = no TLS. */
  readonly certificates: readonly string[]
  /** True when TLS of clients of this port ends at the load balancer. */
  readonly isFor: (port: ServicePort) => boolean
  /** Name of a security policy; absent when none is written. */
  readonly policy?: string
}

/**
 * A certificate that cannot be read, or that is for ports which do not exist, refuses the load balancer: plain text in
 * place of TLS is never what was meant.
 */
export function readTls(context: ServiceContext): TlsSettings {
  const { reader, service } = context
  const certificates = reader.list([service], `${LB}ssl-cert`, { protects: true })
  const ports = reader.list([service], `${LB}ssl-ports`)
  const policy = reader.text([service], `${LB}ssl-negotiation-policy`)
  if (certificates.kind === 'unusable') {
    context.refuse('Cannot make a load balancer: its certificate cannot be read; write an ARN', certificates.origin)
  }
  if (certificates.kind !== 'value') {
    if (certificates.kind === 'absent') {
      for (const reading of [ports, policy]) reportLonely(context, reading, `${LB}ssl-cert`)
    }
    return { certificates: [], isFor: () => false }
  }
  const names = ports.kind === 'value' ? selectPorts(context, ports) : null
  const written = valueOr(policy, '')
  return {
    certificates: usableCertificates(context, certificates),
    isFor: (port) => port.protocol === 'TCP' && (names === null || isNamed(port, names)),
    ...(written === '' ? {} : { policy: written }),
  }
}

/** Each that cannot be used is left out; with none left nothing is built. */
function usableCertificates(
  context: ServiceContext,
  written: Extract<Reading<readonly string[]>, { readonly kind: 'value' }>,
): readonly string[] {
  const all = [...new Set(written.value)]
  const usable = all.filter((arn) => {
    const problem = problemOfCertificate(arn, context.options.inventory)
    if (problem !== null) reportValue(context, written, `${arn.slice(0, 120)}: ${problem}`, 'error')
    return problem === null
  })
  if (usable.length === 0) {
    context.refuse('Cannot make a load balancer: none of its certificates can be used', written.origin)
  }
  return usable
}

/** `null` = all ports, also written `*`. */
function selectPorts(
  context: ServiceContext,
  ports: { readonly value: readonly string[]; readonly name: string; readonly origin: ServiceContextOrigin },
): ReadonlySet<string> | null {
  if (ports.value.includes('*')) return null
  const { service } = context
  const known = ports.value.filter((name) => service.spec.ports.some((port) => isNamed(port, new Set([name]))))
  for (const name of ports.value) {
    if (known.includes(name)) continue
    reportValue(
      context,
      ports,
      `"${name.slice(0, 60)}" is none of the ports, ${describePorts(service)}; write some of them`,
    )
  }
  const tcp = service.spec.ports.filter((port) => port.protocol === 'TCP' && isNamed(port, new Set(known)))
  if (tcp.length === 0) {
    const message = `Cannot make a load balancer: ${LB}ssl-ports names no TCP port, so that no port would have TLS; ${describePorts(service)}`
    context.refuse(message, ports.origin)
  }
  return new Set(known)
}

type ServiceContextOrigin = Parameters<ServiceContext['refuse']>[1]
