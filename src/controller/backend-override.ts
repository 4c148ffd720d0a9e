/** `--backend NAMESPACE/SERVICE[:PORT]=HOST:PORT`: a real backend in place of a Service's endpoints. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { AnyObject, IngressBackend, Service, ServicePort } from '../kube/objects.ts'
import type { Endpoint } from '../routing/model.ts'

export interface BackendOverride {
  readonly namespace: string
  readonly service: string
  /** Service port by number or name; empty = every port of the Service. */
  readonly servicePort: string
  /** IP address or host name. */
  readonly host: string
  readonly port: number
}

const PATTERN =
  /^([a-z0-9][a-z0-9.-]*)\/([a-z0-9][a-z0-9-]*)(?::([A-Za-z0-9-]+))?=(\[[0-9A-Fa-f:.]+\]|[^:\s=]+):(\d{1,5})$/

export type ParsedOverride = { readonly value: BackendOverride } | { readonly error: string }

export function parseBackendOverride(text: string): ParsedOverride {
  const parts = PATTERN.exec(text)
  const port = Number(parts?.[5])
  if (parts === null || port < 1 || port > 65_535) {
    return {
      error: `Cannot read --backend "${text}": write it as NAMESPACE/SERVICE[:PORT]=HOST:PORT, such as shop/web:80=127.0.0.1:3000`,
    }
  }
  const host = (parts[4] ?? '').replace(/^\[|\]$/g, '')
  return { value: { namespace: parts[1] ?? '', service: parts[2] ?? '', servicePort: parts[3] ?? '', host, port } }
}

/** Endpoint of the override that fits a Service port; one with a port beats one without. */
export function findOverride(
  overrides: readonly BackendOverride[],
  service: Service,
  port: ServicePort,
): readonly Endpoint[] | null {
  const mine = overrides.filter(
    (override) => override.namespace === service.meta.namespace && override.service === service.meta.name,
  )
  const named = mine.filter((override) => override.servicePort !== '' && isPort(port, override.servicePort))
  const found = named.length > 0 ? named : mine.filter((override) => override.servicePort === '')
  if (found.length === 0) return null
  return found.map((override) => ({ address: override.host, port: override.port, pod: '' }))
}

function isPort(port: ServicePort, text: string): boolean {
  return String(port.port) === text || port.name === text
}

/**
 * Services that an override names and no manifest has, so that an Ingress alone can be tried out. Their ports are
 * those that Ingresses ask for.
 */
export function missingServices(
  overrides: readonly BackendOverride[],
  objects: readonly AnyObject[],
): readonly Service[] {
  const existing = new Set(
    objects
      .filter((object) => object.kind === 'Service')
      .map((object) => `${object.meta.namespace}/${object.meta.name}`),
  )
  const wanted = new Map<string, BackendOverride>()
  for (const override of overrides) {
    const key = `${override.namespace}/${override.service}`
    if (!existing.has(key)) wanted.set(key, override)
  }
  return [...wanted.values()].map((override): Service => {
    const { namespace, service: name } = override
    const meta = { name, namespace, uid: '', resourceVersion: '', creationTimestamp: '', labels: {}, annotations: {} }
    return {
      kind: 'Service',
      meta,
      order: objects.length,
      spec: {
        type: 'ClusterIP',
        clusterIp: '',
        externalName: '',
        selector: {},
        ports: portsAskedFor(objects, override),
      },
    }
  })
}

function portsAskedFor(objects: readonly AnyObject[], override: BackendOverride): readonly ServicePort[] {
  const ports = new Map<string, ServicePort>()
  for (const object of objects) {
    if (object.kind !== 'Ingress' || object.meta.namespace !== override.namespace) continue
    const backends: IngressBackend[] = object.spec.rules.flatMap((rule) => rule.paths.map((path) => path.backend))
    if (object.spec.defaultBackend !== undefined) backends.push(object.spec.defaultBackend)
    for (const backend of backends) {
      if (backend.kind !== 'service' || backend.name !== override.service) continue
      const { port } = backend
      const number = port.kind === 'number' ? port.number : override.port
      const name = port.kind === 'name' ? port.name : ''
      ports.set(`${name}:${number}`, { name, port: number, targetPort: number, nodePort: 0, protocol: 'TCP' })
    }
  }
  if (ports.size === 0) {
    ports.set('', { name: '', port: override.port, targetPort: override.port, nodePort: 0, protocol: 'TCP' })
  }
  return [...ports.values()]
}

/**
 * Host names become addresses once, at the start.
 *
 * @throws {Error} with code `EBACKEND` when a name has no address
 */
export async function resolveOverrides(overrides: readonly BackendOverride[]): Promise<readonly BackendOverride[]> {
  return Promise.all(
    overrides.map(async (override) => {
      if (isIP(override.host) !== 0) return override
      try {
        const { address } = await lookup(override.host, { family: 4 }).catch(() => lookup(override.host))
        return { ...override, host: address }
      } catch (error) {
        throw Object.assign(
          new Error(`Cannot use the backend ${override.host}:${override.port}: the name has no address`, {
            cause: error,
          }),
          { code: 'EBACKEND' },
        )
      }
    }),
  )
}
