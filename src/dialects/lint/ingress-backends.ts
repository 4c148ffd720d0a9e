/** Every backend of an Ingress with the field path that leads to it. */
import type { Origin } from '../../base/finding.ts'
import { originOf } from '../../kube/meta.ts'
import type { Ingress, IngressBackend, ServicePortRef } from '../../kube/objects.ts'

type ServiceBackend = Extract<IngressBackend, { kind: 'service' }>

export interface PlacedBackend {
  readonly backend: ServiceBackend
  /** Field path of the backend in the decoded Ingress. */
  readonly path: readonly (string | number)[]
}

/** Service backends of all paths in the order of the file, the default backend last. */
export function serviceBackendsOf(ingress: Ingress): readonly PlacedBackend[] {
  const placed: PlacedBackend[] = []
  for (const [ruleIndex, rule] of ingress.spec.rules.entries()) {
    for (const [pathIndex, path] of rule.paths.entries()) {
      if (path.backend.kind !== 'service') continue
      placed.push({ backend: path.backend, path: ['spec', 'rules', ruleIndex, 'http', 'paths', pathIndex, 'backend'] })
    }
  }
  const { defaultBackend } = ingress.spec
  if (defaultBackend?.kind === 'service') {
    placed.push({ backend: defaultBackend, path: ['spec', ingress.isLegacyVersion ? 'backend' : 'defaultBackend'] })
  }
  return placed
}

/** Origin of a backend's Service name, under the field name of the version the file was written in. */
export function originOfServiceName(ingress: Ingress, placed: PlacedBackend): Origin {
  return originOf(ingress, ...placed.path, ...(ingress.isLegacyVersion ? ['serviceName'] : ['service', 'name']))
}

/** Origin of a backend's port, likewise. */
export function originOfPort(ingress: Ingress, placed: PlacedBackend): Origin {
  const field = ingress.isLegacyVersion ? ['servicePort'] : ['service', 'port', placed.backend.port.kind]
  return originOf(ingress, ...placed.path, ...field)
}

/** `80` or `http`. */
export function formatPort(port: ServicePortRef): string {
  return port.kind === 'number' ? String(port.number) : port.name
}
