/** Finds the Services that answer for errors and for missing endpoints. */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Route } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import type { BackendRegistry } from './backends.ts'
import type { Location } from './location.ts'

const PREFIX = 'nginx.ingress.kubernetes.io/'

/** Fields of a location's route. */
export type ErrorFieldsOf = (location: Location) => Pick<Route, 'fallbackBackendId' | 'errorPages'>

/** @param defaultBackendId of the installation, `null` when there is none */
export function createErrorFields(
  snapshot: Snapshot,
  backends: BackendRegistry,
  defaultBackendId: string | null,
  report: Report,
): ErrorFieldsOf {
  const ownBackend = ({ served, settings }: Location): string | null => {
    const { ingress } = served
    const { namespace } = ingress.meta
    const service = snapshot.service(namespace, settings.errors.defaultBackend)
    if (service !== undefined) return backends.resolveFirstPort(service)?.id ?? null
    report(
      'SERVICE_NOT_FOUND',
      `Cannot use Service ${namespace}/${settings.errors.defaultBackend} as default backend: it does not exist; ` +
        'the default backend of the installation is used until it does',
      originOf(ingress, 'metadata', 'annotations', `${PREFIX}default-backend`),
      'warning',
      `Service ${namespace}/${settings.errors.defaultBackend}`,
    )
    return null
  }
  return (location) => {
    const { errors, isDenied } = location.settings
    if (isDenied || (errors.defaultBackend === '' && errors.statuses.length === 0)) return {}
    const own = errors.defaultBackend === '' ? null : ownBackend(location)
    const backendId = own ?? defaultBackendId
    if (errors.statuses.length > 0 && backendId === null) {
      report(
        'SERVICE_NOT_FOUND',
        `Cannot replace errors of ${describeObject(location.served.ingress)}: there is no default backend to ask, so they are ` +
          'answered as they are; accepted is a Service in default-backend or in --default-backend-service',
        originOf(location.served.ingress, 'metadata'),
        'warning',
      )
    }
    const { statuses, interceptsUpstream } = errors
    return {
      ...(own === null ? {} : { fallbackBackendId: own }),
      ...(statuses.length === 0 || backendId === null
        ? {}
        : { errorPages: { backendId, statuses, interceptsUpstream } }),
    }
  }
}
