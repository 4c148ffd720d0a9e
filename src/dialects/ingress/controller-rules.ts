/**
 * Which Ingresses an ingress-nginx controller with given flags serves (its multiple-ingress.md): the IngressClass's controller
 * must be `--controller-class`; else the annotation must be `--ingress-class`; else `--watch-ingress-without-class`.
 */
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'

export interface ControllerRules {
  /** The controller's workload, as `Kind namespace/name`. */
  readonly object: string
  readonly ingressClass: string
  readonly controllerClass: string
  readonly isByName: boolean
  readonly takesClassless: boolean
  /** No flag about classes is given; whatever is in the folder is meant for it. */
  readonly takesEveryClass: boolean
  /** In a cluster a class is what its IngressClass says, or nothing. */
  readonly needsClassObject?: boolean
  /** Empty = all. */
  readonly watchNamespace: string
  readonly disablesCatchAll: boolean
}

/** Why no controller serves an Ingress. */
export type Unserved = 'class' | 'namespace' | 'catch-all'

/**
 * @param className from the field or a default class; `undefined` = none
 * @param annotation the class by annotation, where there is no field
 * @returns `null` when a controller serves it
 */
export function unservedBy(
  controllers: readonly ControllerRules[],
  ingress: Ingress,
  className: string | undefined,
  annotation: string | undefined,
  snapshot: Snapshot,
): Unserved | null {
  const ofClass = controllers.filter((rules) => takesClass(rules, className, annotation, snapshot))
  if (ofClass.length === 0) return 'class'
  const ofNamespace = ofClass.filter(
    ({ watchNamespace }) => watchNamespace === '' || watchNamespace === ingress.meta.namespace,
  )
  if (ofNamespace.length === 0) return 'namespace'
  const isCatchAll = ingress.spec.defaultBackend !== undefined
  return isCatchAll && ofNamespace.every((rules) => rules.disablesCatchAll) ? 'catch-all' : null
}

function takesClass(
  rules: ControllerRules,
  className: string | undefined,
  annotation: string | undefined,
  snapshot: Snapshot,
): boolean {
  if (rules.takesEveryClass) return true
  if (className !== undefined) {
    const found = snapshot.ingressClass(className)
    // A folder need not have the IngressClass; then its name is all there is to go by.
    if (found === undefined) return rules.needsClassObject !== true && className === rules.ingressClass
    return found.controller === rules.controllerClass || (rules.isByName && className === rules.ingressClass)
  }
  return annotation === undefined ? rules.takesClassless : annotation === rules.ingressClass
}
