/** Protocols of an NLB's listeners and target groups, one per port number (elbv2 CreateListener, CreateTargetGroup). */
import type { Listener, TargetGroup } from '../../../aws/stack/model.ts'
import { valueOr } from '../annotation-reader.ts'
import { refusePort, type UsablePort, usablePorts } from './ports.ts'
import { annotationOrigin, LB, reportValue, type ServiceContext } from './service-context.ts'
import type { TlsSettings } from './tls-settings.ts'

export interface PlannedListener {
  readonly usable: UsablePort
  readonly protocol: Listener['protocol']
  readonly groupProtocol: TargetGroup['protocol']
}

/** In the order of the Service's ports. A number in both protocols is one listener, where targets are on one port too. */
export function planListeners(
  context: ServiceContext,
  targetType: 'instance' | 'ip',
  tls: TlsSettings,
): readonly PlannedListener[] {
  const usable = usablePorts(context, targetType)
  const isTlsToTargets = speaksTls(context, tls)
  const planned = new Map<number, PlannedListener>()
  for (const one of usable) {
    const { port } = one
    const earlier = planned.get(port.port)
    if (earlier !== undefined) {
      const problem = problemOfMerge(context, earlier, one, targetType)
      if (problem !== null) refusePort(context, one, problem)
      else planned.set(port.port, { ...earlier, protocol: 'TCP_UDP', groupProtocol: 'TCP_UDP' })
      continue
    }
    const protocol = port.protocol === 'UDP' ? 'UDP' : 'TCP'
    planned.set(
      port.port,
      tls.certificates.length > 0 && tls.isFor(port)
        ? { usable: one, protocol: 'TLS', groupProtocol: isTlsToTargets ? 'TLS' : 'TCP' }
        : { usable: one, protocol, groupProtocol: protocol },
    )
  }
  return withQuic(context, [...planned.values()])
}

function speaksTls(context: ServiceContext, tls: TlsSettings): boolean {
  const reading = context.reader.text([context.service], `${LB}backend-protocol`)
  const protocol = valueOr(reading, 'tcp').toLowerCase()
  if (reading.kind === 'value' && protocol !== 'ssl' && protocol !== 'tcp') {
    reportValue(context, reading, `an NLB does not speak ${protocol} to targets; write ssl or tcp`)
  }
  if (reading.kind === 'value' && protocol === 'ssl' && tls.certificates.length === 0) {
    reportValue(context, reading, `only listeners with a certificate encrypt again; add ${LB}ssl-cert`)
  }
  return protocol === 'ssl'
}

function problemOfMerge(
  context: ServiceContext,
  earlier: PlannedListener,
  { port }: UsablePort,
  targetType: 'instance' | 'ip',
): string | null {
  const other = earlier.usable.port
  if (earlier.protocol === 'TCP_UDP' || other.protocol === port.protocol)
    return 'another port has the same number and protocol'
  if (earlier.protocol === 'TLS')
    return `port ${port.port}/TCP has TLS, and one number cannot have TLS and UDP; use another number`
  if (!valueOr(context.reader.bool([context.service], `${LB}enable-tcp-udp-listener`), true)) {
    return `${LB}enable-tcp-udp-listener is "false" and an NLB has one listener on a number; write "true"`
  }
  const isSame = targetType === 'ip' ? other.targetPort === port.targetPort : other.nodePort === port.nodePort
  if (isSame) return null
  const field = targetType === 'ip' ? 'targetPort' : 'nodePort'
  return `one listener for both protocols has one target group, and their ${field} differ; write the same ${field}`
}

function withQuic(context: ServiceContext, planned: readonly PlannedListener[]): readonly PlannedListener[] {
  const reading = context.reader.list([context.service], `${LB}quic-enabled-ports`)
  if (reading.kind !== 'value') return planned
  const origin = annotationOrigin(context, 'quic-enabled-ports')
  const names = new Set(reading.value)
  const result = planned.map((listener): PlannedListener => {
    const { port } = listener.usable
    const name = [String(port.port), port.name].find((candidate) => names.has(candidate))
    if (name === undefined) return listener
    if (listener.protocol === 'UDP') {
      names.delete(name)
      return { ...listener, protocol: 'QUIC', groupProtocol: 'QUIC' }
    }
    if (listener.protocol === 'TCP_UDP') {
      names.delete(name)
      return { ...listener, protocol: 'TCP_QUIC', groupProtocol: 'TCP_QUIC' }
    }
    return listener
  })
  for (const name of names) {
    reportValue(
      context,
      { name: reading.name, origin },
      `"${name.slice(0, 60)}" is no port with UDP; write ports with UDP`,
    )
  }
  return result
}
