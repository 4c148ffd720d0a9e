/** Annotations that the class of their Ingress does not read. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { findAnnotation } from '../annotations/registry.ts'
import { type PersonalityName, personalityOf } from '../ingress/personality.ts'
import { classNameOf } from './alb.ts'

/** Who reads what, by prefix; two names of older days are Contour's alone. */
const READERS: readonly (readonly [string, PersonalityName])[] = [
  ['nginx.ingress.kubernetes.io/', 'nginx'],
  ['alb.ingress.kubernetes.io/', 'alb'],
  ['projectcontour.io/', 'contour'],
  ['ingress.kubernetes.io/force-ssl-redirect', 'contour'],
  ['kubernetes.io/ingress.allow-http', 'contour'],
]
const NAMES = {
  nginx: 'ingress-nginx',
  alb: 'the AWS Load Balancer Controller',
  contour: 'Contour',
} as const satisfies Record<PersonalityName, string>

/**
 * Raises ANNOTATION_MISPLACED as a note, for manifests are often written for several controllers on purpose. An Ingress
 * without a class may become anybody's and is left alone.
 */
export function checkOtherClass(snapshot: Snapshot): readonly Finding[] {
  return snapshot.ingresses.flatMap((ingress) => {
    const className = classNameOf(ingress)
    if (className === '') return []
    const personality = personalityOf(snapshot.ingressClass(className)?.controller ?? '', className).name
    return findUnread(ingress, className, personality)
  })
}

function findUnread(ingress: Ingress, className: string, personality: PersonalityName): readonly Finding[] {
  return Object.keys(ingress.meta.annotations).flatMap((name) => {
    const reader = READERS.find(([prefix]) => name.startsWith(prefix))?.[1]
    if (reader === undefined || reader === personality || findAnnotation(name)?.on.includes('Ingress') !== true)
      return []
    if (name === 'projectcontour.io/ingress.class') return []
    const message = `Annotation ${name} has no effect under class ${className}: only ${NAMES[reader]} reads it; remove it or change the class`
    return [remark('ANNOTATION_MISPLACED', originOfKey(ingress, 'metadata', 'annotations', name), message, 'info')]
  })
}
