/** All checks that look at manifests alone, beyond what translating them into routes says already. */
import { compareFindings, type Finding } from '../../base/finding.ts'
import type { AnyObject } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { checkAnnotations } from '../annotations/check-annotations.ts'
import { checkAlbActions } from './alb-actions.ts'
import { checkAlbForwards } from './alb-forwards.ts'
import { checkAlbListeners } from './alb-listeners.ts'
import { checkAlbTargets } from './alb-targets.ts'
import { checkMetal } from '../metal/check-metal.ts'
import { checkNlbInternal } from './nlb.ts'
import { checkNodePorts } from './node-ports.ts'
import { checkOtherClass } from './other-class.ts'
import { checkRegexLikePaths } from './regex-like-paths.ts'
import { checkSelectors } from './selectors.ts'
import { checkSourceRanges } from './source-ranges.ts'

/** One check: pure, order of findings free. */
type Check = (snapshot: Snapshot) => readonly Finding[]

const CHECKS: readonly Check[] = [
  checkEveryAnnotation,
  checkOtherClass,
  checkAlbActions,
  checkAlbForwards,
  checkAlbListeners,
  checkAlbTargets,
  checkNlbInternal,
  checkSelectors,
  checkNodePorts,
  checkSourceRanges,
  checkRegexLikePaths,
  checkMetal,
]

/** Runs every check and returns the findings in their fixed order. Never throws on anything a user wrote. */
export function lint(snapshot: Snapshot): readonly Finding[] {
  return CHECKS.flatMap((check) => check(snapshot)).sort(compareFindings)
}

/** Most objects are those that were looked at before. */
const known = new WeakMap<AnyObject, readonly Finding[]>()

function checkEveryAnnotation(snapshot: Snapshot): readonly Finding[] {
  const objects = [
    ...snapshot.ingresses,
    ...snapshot.ingressClasses,
    ...snapshot.services,
    ...snapshot.secrets,
    ...snapshot.configMaps,
    ...snapshot.namespaces,
    ...snapshot.pods,
    ...snapshot.workloads,
  ]
  return objects.flatMap((object) => {
    let findings = known.get(object)
    if (findings === undefined) {
      findings = checkAnnotations(object)
      known.set(object, findings)
    }
    return findings
  })
}
