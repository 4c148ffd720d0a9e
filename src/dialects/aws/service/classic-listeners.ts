/** Listeners of a Classic Load Balancer (elb CreateLoadBalancer, Listener). */
import type { ClassicListener } from '../../../aws/stack/model.ts'
import { valueOr } from '../annotation-reader.ts'
import { refusePort, type UsablePort, usablePorts } from './ports.ts'
import { LB, reportLonely, reportValue, type ServiceContext } from './service-context.ts'
import { readTls, type TlsSettings } from './tls-settings.ts'

type Pair = Pick<ClassicListener, 'protocol' | 'instanceProtocol'>

/** With a certificate, by `backend-protocol`. */
const WITH_TLS = {
  '': { protocol: 'SSL', instanceProtocol: 'TCP' },
  http: { protocol: 'HTTPS', instanceProtocol: 'HTTP' },
  https: { protocol: 'HTTPS', instanceProtocol: 'HTTPS' },
  tcp: { protocol: 'SSL', instanceProtocol: 'TCP' },
  ssl: { protocol: 'SSL', instanceProtocol: 'SSL' },
} as const satisfies Record<string, Pair>

const HTTP: Pair = { protocol: 'HTTP', instanceProtocol: 'HTTP' }
const TCP: Pair = { protocol: 'TCP', instanceProtocol: 'TCP' }

/** Sorted by port. Ports that are not TCP are left out, with a finding each. */
export function classicListeners(context: ServiceContext): readonly ClassicListener[] {
  const tls = readTls(context)
  const backend = backendOf(context, tls)
  const [certificate, ...more] = tls.certificates
  if (more.length > 0) {
    const reading = context.reader.list([context.service], `${LB}ssl-cert`)
    if (reading.kind === 'value') {
      reportValue(
        context,
        reading,
        `a Classic Load Balancer has one certificate, the first; remove the other ${more.length}`,
      )
    }
  }
  const ports = usablePorts(context, 'instance').filter((usable) => isTcp(context, usable))
  const listeners = new Map<number, ClassicListener>()
  for (const { port } of ports) {
    if (listeners.has(port.port)) continue
    const hasTls = certificate !== undefined && tls.isFor(port)
    const pair = hasTls ? WITH_TLS[backend] : backend === 'http' ? HTTP : TCP
    listeners.set(port.port, {
      port: port.port,
      ...pair,
      instancePort: port.nodePort,
      ...(hasTls ? { certificate } : {}),
      ...(hasTls && tls.policy !== undefined ? { sslPolicy: tls.policy } : {}),
    })
  }
  return [...listeners.values()].sort((a, b) => a.port - b.port)
}

function isTcp(context: ServiceContext, usable: UsablePort): boolean {
  if (usable.port.protocol === 'TCP') return true
  refusePort(context, usable, `a Classic Load Balancer carries TCP only; write ${LB}type: external for an NLB`)
  return false
}

/** Without a certificate only `http` says anything. */
function backendOf(context: ServiceContext, tls: TlsSettings): keyof typeof WITH_TLS {
  const reading = context.reader.text([context.service], `${LB}backend-protocol`)
  const protocol = valueOr(reading, '').toLowerCase()
  if (reading.kind === 'unusable' && tls.certificates.length > 0) {
    context.refuse('Cannot make a Classic Load Balancer: what it speaks to instances cannot be read', reading.origin)
  }
  if (tls.certificates.length === 0 && (protocol === 'https' || protocol === 'ssl')) {
    reportLonely(context, reading, `${LB}ssl-cert`)
  }
  return isBackend(protocol) ? protocol : ''
}

function isBackend(text: string): text is keyof typeof WITH_TLS {
  return Object.hasOwn(WITH_TLS, text)
}
