/**
 * TCP and UDP services from their ConfigMaps (ingress-nginx, exposing-tcp-udp-services.md): each key is a port, each
 * value names where it leads, `namespace/service:port[:PROXY[:PROXY]]`. One that cannot be read leaves the others standing.
 */
import type { FindingCode } from '../../base/finding-codes.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { ConfigMap, Service, ServicePort } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Backend } from '../../routing/model.ts'
import type { StreamService } from '../../routing/streams.ts'
import { resolveTarget } from '../ingress/endpoints.ts'
import { describePorts } from '../ingress/service-port.ts'
import type { Report } from '../report.ts'
import type { EndpointSource } from '../translation.ts'
import type { Sourced } from './controller-args.ts'

type Protocol = StreamService['protocol']

export interface StreamServiceSources {
  readonly tcp: Sourced
  readonly udp: Sourced
  /** TCP ports that are taken, and by what: `the http port`. */
  readonly reservedPorts: ReadonlyMap<number, string>
  readonly endpoints: EndpointSource
  readonly nodeZone: string
}

export interface StreamServices {
  readonly services: readonly StreamService[]
  readonly backends: readonly Backend[]
}

interface Reference {
  readonly namespace: string
  readonly name: string
  readonly port: string
  readonly decodes: boolean
  readonly encodes: boolean
}

const REFERENCE = /^([a-z0-9][a-z0-9.-]*)\/([a-z0-9][a-z0-9-]*):([A-Za-z0-9-]+)(?::(PROXY|))?(?::(PROXY|))?$/i
const ACCEPTED = '"namespace/service:port", with ":PROXY" to read and a second ":PROXY" to write the PROXY protocol'

export function readStreamServices(snapshot: Snapshot, sources: StreamServiceSources, report: Report): StreamServices {
  const services: StreamService[] = []
  const backends = new Map<string, Backend>()
  for (const protocol of ['tcp', 'udp'] as const) {
    const configMap = findConfigMap(snapshot, sources[protocol], protocol, report)
    if (configMap === undefined) continue
    const ports = Object.keys(configMap.data).sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    for (const key of ports) {
      const remark: Remark = (code, message, absent) =>
        report(code, message, originOf(configMap, 'data', key), undefined, absent)
      const port = readPort(key, protocol, sources.reservedPorts, configMap, remark)
      const reference = port === null ? null : readReference(configMap, key, protocol, remark)
      if (port === null || reference === null) continue
      const { namespace, name } = reference
      const backend = resolve(
        snapshot,
        sources,
        protocol,
        reference,
        `${protocol.toUpperCase()} port ${port}`,
        remark,
        report,
      )
      backends.set(backend.id, backend)
      services.push({
        protocol,
        port,
        backendId: backend.id,
        decodesProxyProtocol: reference.decodes,
        encodesProxyProtocol: reference.encodes,
        labels: {
          namespace,
          ingress: '',
          service: name,
          servicePort: reference.port,
          path: '',
          pathType: '',
          host: '',
        },
        origin: originOf(configMap, 'data', key),
      })
    }
  }
  return { services, backends: [...backends.values()] }
}

function findConfigMap(
  snapshot: Snapshot,
  { value, origin }: Sourced,
  protocol: Protocol,
  report: Report,
): ConfigMap | undefined {
  if (value === '') return undefined
  const slash = value.indexOf('/')
  const configMap = slash > 0 ? snapshot.configMap(value.slice(0, slash), value.slice(slash + 1)) : undefined
  if (configMap === undefined) {
    const state = slash > 0 ? 'it does not exist' : 'it is not namespace/name'
    const kind = protocol.toUpperCase()
    report(
      'CONFIG_MAP_NOT_FOUND',
      `Cannot read ${kind} services from ConfigMap ${value}: ${state}; no ${kind} port is open until it does`,
      origin,
      undefined,
      slash > 0 ? `ConfigMap ${value}` : undefined,
    )
  }
  return configMap
}

type Remark = (code: FindingCode, message: string, absent?: string) => void

function readPort(
  key: string,
  protocol: Protocol,
  reserved: ReadonlyMap<number, string>,
  configMap: ConfigMap,
  remark: Remark,
): number | null {
  const port = /^[1-9]\d{0,4}$/.test(key) ? Number(key) : 0
  const holder = protocol === 'tcp' ? reserved.get(port) : undefined
  const state =
    port === 0 || port > 65_535 ? 'it is not a port' : holder === undefined ? null : `it is ${holder} of this process`
  if (state === null) return port
  remark(
    'STREAM_PORT',
    `Cannot open ${protocol.toUpperCase()} port ${JSON.stringify(key.slice(0, 40))} of ${describeObject(configMap)}: ${state}; accepted is a number from 1 to 65535 that nothing else listens on`,
  )
  return null
}

function readReference(configMap: ConfigMap, key: string, protocol: Protocol, remark: Remark): Reference | null {
  const value = (configMap.data[key] ?? '').trim()
  const match = REFERENCE.exec(value)
  const kind = protocol.toUpperCase()
  if (match === null) {
    const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
    remark(
      'STREAM_VALUE',
      `Cannot serve ${kind} port ${key} of ${describeObject(configMap)}: its value is ${shown}; accepted is ${ACCEPTED}`,
    )
    return null
  }
  const [, namespace = '', name = '', port = '', decodes = '', encodes = ''] = match
  const speaks = decodes !== '' || encodes !== ''
  if (speaks && protocol === 'udp') {
    remark(
      'STREAM_VALUE',
      `Cannot use the PROXY protocol on UDP port ${key} of ${describeObject(configMap)}: it is for connections, so datagrams go without it; accepted is "namespace/service:port"`,
    )
  }
  const isTcp = protocol === 'tcp'
  return { namespace, name, port, decodes: isTcp && decodes !== '', encodes: isTcp && encodes !== '' }
}

function resolve(
  snapshot: Snapshot,
  { endpoints, nodeZone }: StreamServiceSources,
  protocol: Protocol,
  { namespace, name, port }: Reference,
  what: string,
  remark: Remark,
  report: Report,
): Backend {
  const id = `${protocol}:${namespace}/${name}:${port}`
  const upstreamName = `${protocol}-${namespace}-${name}-${port}`
  const nothing: Backend = { id, upstreamName, target: { kind: 'endpoints', endpoints: [] } }
  const service = snapshot.service(namespace, name)
  if (service === undefined) {
    remark(
      'SERVICE_NOT_FOUND',
      `Cannot serve ${what}: Service ${namespace}/${name} does not exist; connections are closed until it does`,
      `Service ${namespace}/${name}`,
    )
    return nothing
  }
  const found = findPort(service, port, protocol)
  if (found === null) {
    remark(
      'SERVICE_PORT_NOT_FOUND',
      `Cannot serve ${what}: ${describeObject(service)} has no ${protocol.toUpperCase()} port ${port} (${describePorts(service)}); connections are closed until it has`,
    )
    return nothing
  }
  return { id, upstreamName, target: resolveTarget(snapshot, endpoints, service, found, report, { nodeZone }) }
}

/** By name or number; an ExternalName Service need not declare a port that is given by number. */
function findPort(service: Service, text: string, protocol: Protocol): ServicePort | null {
  const wanted = protocol === 'tcp' ? 'TCP' : 'UDP'
  const ports = service.spec.ports.filter((port) => port.protocol === wanted)
  const found = ports.find((port) => port.name === text || String(port.port) === text)
  if (found !== undefined) return found
  const number = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0
  if (service.spec.type !== 'ExternalName' || number === 0 || number > 65_535) return null
  return { name: '', port: number, targetPort: number, nodePort: 0, protocol: wanted }
}
