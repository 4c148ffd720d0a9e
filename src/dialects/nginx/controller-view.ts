/**
 * The Snapshot as a controller with given flags sees it: annotations under `--annotations-prefix`, and no ExternalName
 * where `--disable-svc-external-name` forbids it.
 */
import { describeObject, originOf, type SourceMap } from '../../kube/meta.ts'
import type { Ingress, Service } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { Report } from '../report.ts'
import type { ControllerArgs } from './controller-args.ts'

type Path = readonly (string | number)[]

/** The same Snapshot where the flags change nothing. */
export function viewOf(
  snapshot: Snapshot,
  { annotationsPrefix, allowsExternalNames }: Pick<ControllerArgs, 'annotationsPrefix' | 'allowsExternalNames'>,
  report: Report,
): Snapshot {
  const prefix = `${annotationsPrefix}/`
  let view = snapshot
  if (prefix !== NGINX.prefix) {
    view = { ...view, ingresses: view.ingresses.map((ingress) => withUsualPrefix(ingress, prefix)) }
  }
  return allowsExternalNames ? view : withoutExternalNames(view, report)
}

/** A report whose messages name annotations as they are written. */
export function withPrefix(report: Report, annotationsPrefix: string): Report {
  const prefix = `${annotationsPrefix}/`
  if (prefix === NGINX.prefix) return report
  return (code, message, origin, severity) => report(code, message.replaceAll(NGINX.prefix, prefix), origin, severity)
}

/** By prefix: whoever compares what is served with what was sees the same objects. */
const renamed = new WeakMap<Ingress, Map<string, Ingress>>()

/** Annotations under the usual prefix mean nothing then. Positions and paths stay those of the written names. */
function withUsualPrefix(ingress: Ingress, prefix: string): Ingress {
  const known = renamed.get(ingress) ?? new Map<string, Ingress>()
  renamed.set(ingress, known)
  const found = known.get(prefix) ?? rename(ingress, prefix)
  known.set(prefix, found)
  return found
}

function rename(ingress: Ingress, prefix: string): Ingress {
  const annotations: Record<string, string> = {}
  for (const [name, value] of Object.entries(ingress.meta.annotations)) {
    if (name.startsWith(prefix)) annotations[NGINX.prefix + name.slice(prefix.length)] = value
    else if (!name.startsWith(NGINX.prefix)) annotations[name] = value
  }
  const meta = { ...ingress.meta, annotations }
  return ingress.source === undefined
    ? { ...ingress, meta }
    : { ...ingress, meta, source: withWrittenNames(ingress.source, prefix) }
}

function withWrittenNames(source: SourceMap, prefix: string): SourceMap {
  const written = (path: Path): Path =>
    path.map((part) =>
      typeof part === 'string' && part.startsWith(NGINX.prefix) ? prefix + part.slice(NGINX.prefix.length) : part,
    )
  return {
    file: source.file,
    locate: (path) => source.locate(written(path)),
    locateKey: (path) => source.locateKey(written(path)),
    wordAt: (path) => source.wordAt?.(written(path)),
    toWritten: (path) => source.toWritten?.(written(path)) ?? written(path),
  }
}

/** Such Services have no endpoints; each that somebody asks for is remarked on. */
function withoutExternalNames(snapshot: Snapshot, report: Report): Snapshot {
  return {
    ...snapshot,
    service(namespace, name) {
      const service = snapshot.service(namespace, name)
      if (service?.spec.type !== 'ExternalName') return service
      report(
        'EXTERNAL_NAME_INVALID',
        `Cannot proxy to ${describeObject(service)}: --disable-svc-external-name of the controller forbids Services of type ExternalName; ` +
          'requests are answered 503',
        originOf(service, 'spec', 'type'),
      )
      return withoutName(service)
    },
  }
}

function withoutName(service: Service): Service {
  return { ...service, spec: { ...service.spec, type: 'ClusterIP', externalName: '', selector: {} } }
}
