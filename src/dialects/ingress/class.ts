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
import { type ControllerRules, type Unserved, unservedBy } from './controller-rules.ts'
import { type Personality, type PersonalityName, personalityOf } from './personality.ts'

const CLASS_ANNOTATIONS = ['kubernetes.io/ingress.class', 'projectcontour.io/ingress.class'] as const

export interface ClassChoice {
  /** From `--class`; empty = any. */
  readonly classes: readonly string[]
  /** ingress-nginx controllers among the manifests; they narrow what is served as nginx. None = any. */
  readonly controllers: readonly ControllerRules[]
  /** The rules are our own, in a cluster where others serve other classes: theirs is no business of ours. */
  readonly isAmongOthers?: boolean
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
    if (choice.classes.length > 0 && !choice.classes.includes(className)) {
      reportUnserved(ingress, written, choice.classes, report)
      continue
    }
    const isRuled = choice.isAmongOthers === true || personality.name === 'nginx'
    const unserved = isRuled ? unservedByAll(choice, ingress, defaultClass, snapshot) : null
    if (unserved === null) served.push({ ingress, personality })
    else if (choice.isAmongOthers !== true || unserved !== 'class')
      reportLeftOut(unserved, ingress, written, choice.controllers, report)
  }
  return served
}

/** Whose habits an Ingress of these objects is served with; says nothing about what is wrong with its class. */
export function personalityOfIngress(snapshot: Snapshot, ingress: Ingress): Personality {
  const className = readClass(ingress, () => undefined) ?? findDefaultClass(snapshot, () => undefined) ?? ''
  return personalityOf(snapshot.ingressClass(className)?.controller ?? '', className)
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

/** `--class` on the command line leaves the controllers' other rules standing. */
function unservedByAll(
  { classes, controllers }: ClassChoice,
  ingress: Ingress,
  defaultClass: string | undefined,
  snapshot: Snapshot,
): Unserved | null {
  if (controllers.length === 0) return null
  const rules = classes.length === 0 ? controllers : controllers.map((one) => ({ ...one, takesEveryClass: true }))
  const annotation = CLASS_ANNOTATIONS.map((name) => ingress.meta.annotations[name]).find(
    (value) => value !== undefined && value !== '',
  )
  const className = ingress.spec.ingressClassName ?? (annotation === undefined ? defaultClass : undefined)
  return unservedBy(rules, ingress, className, annotation, snapshot)
}

function reportLeftOut(
  reason: Unserved,
  ingress: Ingress,
  written: string | undefined,
  controllers: readonly ControllerRules[],
  report: Report,
): void {
  const subject = `Cannot serve ${describeObject(ingress)}`
  switch (reason) {
    case 'class': {
      const wanted = [...new Set(controllers.map((rules) => rules.ingressClass))]
      reportUnserved(ingress, written, wanted, report)
      return
    }
    case 'namespace': {
      const watching = controllers.filter((rules) => rules.watchNamespace !== '')
      const watched = [...new Set(watching.map((rules) => rules.watchNamespace))]
      report(
        'INGRESS_NAMESPACE_UNWATCHED',
        `${subject}: --watch-namespace of ${watching[0]?.object ?? ''} leaves out its namespace; served are those of ${watched.join(', ')}`,
        originOf(ingress, 'metadata', 'namespace'),
      )
      return
    }
    case 'catch-all':
      report(
        'INGRESS_CATCH_ALL_DISABLED',
        `${subject}: it has a default backend, and --disable-catch-all of ${controllers.find((rules) => rules.disablesCatchAll)?.object ?? ''} leaves such out; ` +
          'accepted are Ingresses with rules alone',
        originOf(ingress, 'spec', ingress.isLegacyVersion ? 'backend' : 'defaultBackend'),
      )
  }
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
