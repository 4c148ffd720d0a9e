/**
 * Gives canaries their places: each path of a canary Ingress joins the location of a main Ingress with the same host, path
 * and path type, and no other one, whoever shares its Service. The oldest canary of a location counts.
 */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { IngressPath } from '../../kube/objects.ts'
import type { Report } from '../report.ts'
import type { HostDraft, Location, ServedIngress } from './location.ts'

/** @param canaries oldest first */
export function attachCanaries(drafts: readonly HostDraft[], canaries: readonly ServedIngress[], report: Report): void {
  const byHost = new Map(drafts.map((draft) => [draft.host, draft]))
  for (const served of canaries) {
    const { ingress } = served
    if (ingress.spec.defaultBackend !== undefined || ingress.spec.rules.length === 0) {
      report(
        'CANARY_WITHOUT_MAIN',
        `Cannot use ${describeObject(ingress)} as a canary of everything: accepted are rules with the hosts and paths of a main Ingress`,
        originOf(ingress, 'spec'),
      )
    }
    ingress.spec.rules.forEach((rule, index) => {
      rule.paths.forEach((path, at) => {
        const field = ['spec', 'rules', index, 'http', 'paths', at]
        attach(byHost.get(rule.host), rule.host, served, path, field, report)
      })
    })
  }
}

function attach(
  draft: HostDraft | undefined,
  host: string,
  served: ServedIngress,
  path: IngressPath,
  field: readonly (string | number)[],
  report: Report,
): void {
  const { ingress } = served
  const at = draft === undefined ? -1 : draft.locations.findIndex((location) => isMain(location, path))
  const main = draft?.locations[at]
  const place = `${host === '' ? 'all hosts' : host} ${path.path}`
  if (draft === undefined || main === undefined) {
    report(
      'CANARY_WITHOUT_MAIN',
      `Cannot send requests for ${place} to ${describeObject(ingress)}: no other Ingress has a rule with this host, path ` +
        `and pathType ${path.pathType}; a canary takes a share of such a rule's requests`,
      originOf(ingress, ...field, 'path'),
    )
  } else if (main.canary !== undefined) {
    report(
      'CANARY_SHADOWED',
      `Cannot send requests for ${place} to ${describeObject(ingress)}: ${describeObject(main.canary.served.ingress)} is ` +
        'the older canary there; accepted is one for each host and path',
      originOf(ingress, ...field, 'path'),
    )
  } else {
    draft.locations[at] = {
      ...main,
      canary: { served, backend: path.backend, backendField: [...field, 'backend'] },
    }
  }
}

function isMain(location: Location, { path, pathType }: IngressPath): boolean {
  return (
    location.served.personality.name === 'nginx' &&
    location.role === '' &&
    location.path === path &&
    location.pathType === pathType
  )
}
