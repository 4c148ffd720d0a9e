/**
 * Which Ingresses are served, and as whose.
 *
 * An Ingress's class is `spec.ingressClassName`, else the annotation `kubernetes.io/ingress.class` (or Contour's own),
 * else the default IngressClass. With no class asked for, every Ingress is served. With classes asked for, an Ingress
 * without any class is served only if a default IngressClass is among them.
 */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Report } from '../report.ts'
import { type Personality, type PersonalityName, personalityOf } from './personality.ts'

const CLASS_ANNOTATIONS = ['kubernetes.io/ingress.class', 'projectcontour.io/ingress.class'] as const

export interface ClassChoice {
  /** From `--class`; empty = any. */
  readonly classes: readonly string[]
  /** From the arguments of ingress-nginx Deployments; they narrow what is served as nginx. Empty = any. */
  readonly nginxClasses: readonly string[]
}

export interface ClassifiedIngress {
  readonly ingress: Ingress
  readonly personality: Personality
}

/** Served Ingresses in the Snapshot's order, oldest first. */
export function selectIngresses(snapshot: Snapshot, choice: ClassChoice, report: Report): readonly ClassifiedIngress[] {
  const defaultClass = findDefaultClass(snapshot, report)
  const personalities = new Map<string, Personality>()
  const personalityFor = (className: string): Personality => {
    let found = personalities.get(className)
    if (found === undefined) {
      found = personalityOf(snapshot.ingressClass(className)?.controller ?? '', className)
      personalities.set(className, found)
    }
    return found
  }
  const served: ClassifiedIngress[] = []
  for (const ingress of snapshot.ingresses) {
    const written = readClass(ingress, report)
    const className = written ?? defaultClass ?? ''
    const personality = personalityFor(className)
    const wanted = choice.classes.length > 0 ? choice.classes : nginxOnly(personality, choice.nginxClasses)
    if (wanted.length === 0 || wanted.includes(className)) served.push({ ingress, personality })
    else reportUnserved(ingress, written, wanted, report)
  }
  return served
}

/** The personality that unknown hosts meet: Contour's only where all that is served, or asked for, is Contour's. */
export function fallbackPersonality(
  snapshot: Snapshot,
  choice: ClassChoice,
  served: readonly ClassifiedIngress[],
): PersonalityName {
  const names =
    served.length > 0
      ? served.map(({ personality }) => personality.name)
      : choice.classes.map((name) => personalityOf(snapshot.ingressClass(name)?.controller ?? '', name).name)
  return names.length > 0 && names.every((name) => name === 'contour') ? 'contour' : 'nginx'
}

function nginxOnly(personality: Personality, classes: readonly string[]): readonly string[] {
  return personality.name === 'nginx' ? classes : []
}

function readClass(ingress: Ingress, report: Report): string | undefined {
  const field = ingress.spec.ingressClassName
  const annotation = CLASS_ANNOTATIONS.find((name) => ingress.meta.annotations[name] !== undefined)
  const value = annotation === undefined ? undefined : ingress.meta.annotations[annotation]
  if (field !== undefined && annotation !== undefined && value !== field) {
    report(
      'INGRESS_CLASS_CONFLICT',
      `Cannot use the annotation ${annotation}: "${value}": spec.ingressClassName is "${field}", which wins; remove the annotation`,
      originOf(ingress, 'metadata', 'annotations', annotation),
    )
  }
  return field ?? (value === '' ? undefined : value)
}

/** The oldest default class, as Kubernetes has no better rule for several. */
function findDefaultClass(snapshot: Snapshot, report: Report): string | undefined {
  const defaults = snapshot.ingressClasses.filter((ingressClass) => ingressClass.isDefault)
  const [first, ...others] = defaults
  for (const other of others) {
    report(
      'INGRESS_CLASS_DEFAULTS',
      `Cannot use ${describeObject(other)} as the default: ${describeObject(first ?? other)} is marked as default too and is used; ` +
        'mark one class only',
      originOf(other, 'metadata', 'annotations', 'ingressclass.kubernetes.io/is-default-class'),
    )
  }
  return first?.meta.name
}

function reportUnserved(
  ingress: Ingress,
  written: string | undefined,
  wanted: readonly string[],
  report: Report,
): void {
  const accepted = `served are ${wanted.map((name) => `"${name}"`).join(', ')}`
  if (written === undefined) {
    report(
      'INGRESS_CLASS_UNSERVED',
      `Cannot serve ${describeObject(ingress)}: it has no class and no default IngressClass is served; ${accepted}`,
      originOf(ingress, 'spec'),
    )
    return
  }
  const annotation =
    CLASS_ANNOTATIONS.find((name) => ingress.meta.annotations[name] !== undefined) ?? CLASS_ANNOTATIONS[0]
  const path =
    ingress.spec.ingressClassName === undefined ? ['metadata', 'annotations', annotation] : ['spec', 'ingressClassName']
  report(
    'INGRESS_CLASS_UNSERVED',
    `Cannot serve ${describeObject(ingress)}: its class is "${written}"; ${accepted}`,
    originOf(ingress, ...path),
  )
}
