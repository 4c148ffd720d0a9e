/** Whether a Service's load balancer is internal. */
import { originOf } from '../../../kube/meta.ts'
import { parseBool, quote } from '../../annotations/check-value.ts'
import { internalIsNotARange } from '../../lint/nlb.ts'
import { nlbName } from '../names.ts'
import { valueOr } from '../annotation-reader.ts'
import { LB, type ServiceContext } from './service-context.ts'

export type Scheme = 'internal' | 'internet-facing'

/** In-tree: public unless `internal` has any value but "" and "false". */
export function inTreeScheme(context: ServiceContext): Scheme {
  const value = internalOf(context)
  if (value === undefined || value === '' || value === 'false') return 'internet-facing'
  if (!remarkOnRange(context) && parseBool(value) !== true) {
    remark(context, `${quote(value)} is read as "true", as any text but "false" is; write "true" or "false"`)
  }
  return 'internal'
}

/**
 * `scheme`, else the older `internal`, else what the load balancer that exists has, else the default: the opposite of
 * the in-tree controller's. An `internal` that is no boolean errs on the safe side.
 */
export function controllerScheme(context: ServiceContext): Scheme {
  const { reader, service } = context
  const scheme = valueOr(reader.text([service], `${LB}scheme`), null)
  if (scheme !== null) return scheme === 'internal' ? 'internal' : 'internet-facing'
  const value = internalOf(context)
  if (value !== undefined && value !== '') {
    const isInternal = parseBool(value)
    if (isInternal !== null) return isInternal ? 'internal' : 'internet-facing'
    if (!remarkOnRange(context)) remark(context, `${quote(value)} is read as "true"; write "true" or "false"`)
    return 'internal'
  }
  return existingScheme(context) ?? context.options.defaultScheme
}

/** The scheme is part of a generated name, so a load balancer that exists tells its own. */
function existingScheme({ service, options }: ServiceContext): Scheme | null {
  const exists = (scheme: Scheme): boolean =>
    Object.hasOwn(options.inventory.loadBalancerSubnets, nlbName(options.clusterName, service.meta, scheme))
  if (exists(options.defaultScheme)) return options.defaultScheme
  return exists('internet-facing') ? 'internet-facing' : exists('internal') ? 'internal' : null
}

function internalOf({ service, reader }: ServiceContext): string | undefined {
  return service.meta.annotations[reader.fullName(`${LB}internal`)]?.trim()
}

function remarkOnRange({ service, report }: ServiceContext): boolean {
  const finding = internalIsNotARange(service)
  if (finding === null) return false
  report(finding.code, finding.message, finding.origin, finding.severity)
  return true
}

function remark({ service, reader, report }: ServiceContext, problem: string): void {
  const name = reader.fullName(`${LB}internal`)
  const origin = originOf(service, 'metadata', 'annotations', name)
  report('ANNOTATION_VALUE', `Annotation ${name} may not mean what it says: ${problem}`, origin)
}
