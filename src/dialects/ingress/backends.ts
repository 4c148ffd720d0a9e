/** Resolves the backends that rules name: Service, port, endpoints. Each backend once, whoever refers to it. */
import type { FindingCode } from '../../base/finding-codes.ts'
import type { Severity } from '../../base/finding.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress, Service, ServicePort, ServicePortRef } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Backend, UpstreamProtocol } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import type { EndpointSource } from '../translation.ts'
import { type EndpointRules, PLAIN_ENDPOINT_RULES, resolveTarget } from './endpoints.ts'
import { externalTarget } from './external-name.ts'
import { describePorts, findServicePort } from './service-port.ts'

/** Who refers to a backend, for findings. */
interface BackendUse {
  readonly ingress: Ingress
  /** Field of the backend in the Ingress. */
  readonly field: readonly (string | number)[]
  readonly acceptsTargetPort: boolean
}

export interface BackendRegistry {
  /** @returns the backend's id; `null` where another Ingress's backend of that id must not be used */
  resolve(name: string, port: ServicePortRef, use: BackendUse): string | null
  /** A Service as a whole, by its first port: default backends. @returns `null` when there is none */
  resolveFirstPort(service: Service): { readonly id: string; readonly port: string } | null
  /** A port of any Service by its number: authentication services. @returns `null` when there is no such port */
  resolveNumber(service: Service, port: number): string | null
  /** A host that no Service stands for: mirrors. @returns `null` where it must not be asked */
  resolveHost(host: string, port: number): string | null
  /** What the Service's port says about itself (`appProtocol`, Kubernetes KEP-3726). */
  protocolOf(backendId: string): UpstreamProtocol
  /** All backends that were resolved, sorted by id. */
  list(): readonly Backend[]
}

interface Problem {
  readonly code: FindingCode
  readonly severity: Severity
  readonly message: string
  readonly about: 'name' | 'port'
  /** As of {@link Report}. */
  readonly absent?: string
}

interface Resolution {
  readonly backendId: string | null
  readonly problem: Problem | null
}

export function createBackendRegistry(
  snapshot: Snapshot,
  source: EndpointSource,
  report: Report,
  { serviceAddressed, nodeZone }: EndpointRules = PLAIN_ENDPOINT_RULES,
): BackendRegistry {
  const backends = new Map<string, Backend>()
  const resolutions = new Map<string, Resolution>()
  const http2Ids = new Set<string>()

  const add = (service: Service, port: ServicePort, written: string): string => {
    const { namespace, name } = service.meta
    const id = `${namespace}/${name}:${written}`
    if (port.appProtocol === 'kubernetes.io/h2c') http2Ids.add(id)
    const known = backends.get(id)
    if (known === undefined || isEmpty(known)) {
      const usesServiceAddress = serviceAddressed.has(id)
      const target = resolveTarget(snapshot, source, service, port, report, { usesServiceAddress, nodeZone })
      backends.set(id, { id, upstreamName: `${namespace}-${name}-${written}`, target })
    }
    return id
  }

  const addEmpty = (namespace: string, name: string, written: string): string | null => {
    const id = `${namespace}/${name}:${written}`
    const known = backends.get(id)
    if (known !== undefined) return isEmpty(known) ? id : null
    backends.set(id, {
      id,
      upstreamName: `${namespace}-${name}-${written}`,
      target: { kind: 'endpoints', endpoints: [] },
    })
    return id
  }

  const resolve = (namespace: string, name: string, port: ServicePortRef, acceptsTargetPort: boolean): Resolution => {
    const written = portText(port)
    const service = snapshot.service(namespace, name)
    if (service === undefined) {
      const message = `Cannot find Service ${namespace}/${name}: it does not exist; requests are answered 503 until it does`
      const absent = `Service ${namespace}/${name}`
      const problem: Problem = { code: 'SERVICE_NOT_FOUND', severity: 'error', message, about: 'name', absent }
      return { backendId: addEmpty(namespace, name, written), problem }
    }
    const found = findServicePort(service, port)
    if (found.kind === 'port') return { backendId: add(service, found.port, written), problem: null }
    const problem = portProblem(service, written, found.kind === 'target-port' ? found.port : null, acceptsTargetPort)
    return found.kind === 'target-port' && acceptsTargetPort
      ? { backendId: add(service, found.port, written), problem }
      : { backendId: addEmpty(namespace, name, written), problem }
  }

  return {
    resolve(name, port, use) {
      const { namespace } = use.ingress.meta
      const key = `${namespace}/${name}:${portText(port)} ${use.acceptsTargetPort}`
      let resolution = resolutions.get(key)
      if (resolution === undefined) {
        resolution = resolve(namespace, name, port, use.acceptsTargetPort)
        resolutions.set(key, resolution)
      }
      const { problem } = resolution
      if (problem !== null) {
        const field = problem.about === 'name' ? nameField(use) : portField(use, port)
        report(problem.code, problem.message, originOf(use.ingress, ...field), problem.severity, problem.absent)
      }
      return resolution.backendId
    },
    resolveFirstPort(service) {
      const port = service.spec.ports[0]
      if (port === undefined) {
        report(
          'SERVICE_PORT_NOT_FOUND',
          `Cannot use ${describeObject(service)} as default backend: it has no port; accepted is a Service with at least one`,
          originOf(service, 'spec'),
        )
        return null
      }
      return { id: add(service, port, String(port.port)), port: String(port.port) }
    },
    resolveNumber(service, number) {
      const found = findServicePort(service, { kind: 'number', number })
      return found.kind === 'port' ? add(service, found.port, String(number)) : null
    },
    resolveHost(host, port) {
      const target = externalTarget(host, port)
      if (target === null) return null
      // No Service's name has a slash at its front.
      const id = `/${host}:${port}`
      backends.set(id, { id, upstreamName: `${host}-${port}`, target })
      return id
    },
    protocolOf: (backendId) => (http2Ids.has(backendId) ? 'h2c' : 'http'),
    list: () => [...backends.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

/** As written in the rule. */
export function portText(port: ServicePortRef): string {
  return port.kind === 'number' ? String(port.number) : port.name
}

function isEmpty(backend: Backend): boolean {
  return backend.target.kind === 'endpoints' && backend.target.endpoints.length === 0
}

function portProblem(service: Service, written: string, meant: ServicePort | null, isServed: boolean): Problem {
  const { namespace, name } = service.meta
  const subject = `Cannot find port ${written} of Service ${namespace}/${name}`
  const about = 'port'
  const code = 'SERVICE_PORT_NOT_FOUND'
  if (meant === null) {
    const message = `${subject}: ${describePorts(service)}; requests are answered 503 until it has this one`
    return { code, severity: 'error', message, about }
  }
  const hint = `service has port ${meant.port} (targetPort ${meant.targetPort}), did you mean ${meant.port}?`
  return isServed
    ? {
        code,
        severity: 'warning',
        message: `${subject}: ${hint} It is served, as ingress-nginx does; others do not`,
        about,
      }
    : { code, severity: 'error', message: `${subject}: ${hint}`, about }
}

function nameField({ ingress, field }: BackendUse): readonly (string | number)[] {
  return ingress.isLegacyVersion ? [...field, 'serviceName'] : [...field, 'service', 'name']
}

function portField({ ingress, field }: BackendUse, port: ServicePortRef): readonly (string | number)[] {
  return ingress.isLegacyVersion ? [...field, 'servicePort'] : [...field, 'service', 'port', port.kind]
}
