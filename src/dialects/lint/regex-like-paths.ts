/** Paths that look like regular expressions or wildcards where they are matched letter by letter. */
import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf } from '../../kube/meta.ts'
import type { Ingress, IngressPath } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { parseBool } from '../annotations/check-value.ts'
import { personalityOf } from '../ingress/personality.ts'
import { albAnnotation, classNameOf, isAlbIngress } from './alb.ts'

const USE_REGEX = 'nginx.ingress.kubernetes.io/use-regex'
const REWRITE_TARGET = 'nginx.ingress.kubernetes.io/rewrite-target'

/** Signs that no ordinary path has: `*`, anchors, groups, classes, alternatives, `.+`. */
const LIKE_REGEX = /[*^$()[\]|\\{}]|[.\])]\+/
/** The same for an ALB's own patterns, where `*` and `?` are wildcards. */
const LIKE_REGEX_BEYOND_GLOB = /[\^$()[\]|\\{}]|[.\])][+*]/

/**
 * Raises PATH_REGEX_LIKE. An ALB or Contour has rules of its own for ImplementationSpecific; elsewhere a host is in
 * regex mode when any Ingress of it has use-regex or an effective rewrite-target (ingress-nginx, ingress-path-matching.md).
 */
export function checkRegexLikePaths(snapshot: Snapshot): readonly Finding[] {
  const regexHosts = findRegexHosts(snapshot)
  return snapshot.ingresses.flatMap((ingress) => {
    const judge = createJudge(snapshot, ingress)
    return ingress.spec.rules.flatMap((rule, ruleIndex) =>
      rule.paths.flatMap((path, pathIndex) => {
        const problem = judge(path, regexHosts.has(rule.host))
        if (problem === null) return []
        const origin = originOf(ingress, 'spec', 'rules', ruleIndex, 'http', 'paths', pathIndex, 'path')
        return [remark('PATH_REGEX_LIKE', origin, `Cannot match ${path.path} as a pattern: ${problem}`)]
      }),
    )
  })
}

type Judge = (path: IngressPath, isRegexHost: boolean) => string | null

function createJudge(snapshot: Snapshot, ingress: Ingress): Judge {
  if (isAlbIngress(snapshot, ingress)) {
    const hasRegex = parseBool(albAnnotation(ingress, 'use-regex-path-match') ?? '') === true
    return (path) => judgeAlb(path, hasRegex)
  }
  const className = classNameOf(ingress)
  const controller = snapshot.ingressClass(className)?.controller ?? ''
  const isContour = personalityOf(controller, className).name === 'contour'
  return (path, isRegexHost) => {
    if (!LIKE_REGEX.test(path.path)) return null
    if (isContour)
      return path.pathType === 'ImplementationSpecific' ? null : describeLiteral(path, 'ImplementationSpecific')
    return isRegexHost ? null : describeLiteral(path, `ImplementationSpecific and the annotation ${USE_REGEX}: "true"`)
  }
}

function judgeAlb(path: IngressPath, hasRegex: boolean): string | null {
  if (path.pathType !== 'ImplementationSpecific') {
    // Translation refuses wildcards there, with PATH_INVALID.
    return LIKE_REGEX.test(path.path) && !/[*?]/.test(path.path)
      ? describeLiteral(path, 'ImplementationSpecific')
      : null
  }
  if (hasRegex || !LIKE_REGEX_BEYOND_GLOB.test(path.path)) return null
  return 'an ALB knows the wildcards * and ? only; write those, or the annotation alb.ingress.kubernetes.io/use-regex-path-match: "true"'
}

function describeLiteral(path: IngressPath, wanted: string): string {
  const isTrailingStar = path.pathType === 'Prefix' && /^[^*^$()[\]|\\{}]*\/\*$/.test(path.path)
  if (isTrailingStar) {
    const plain = path.path.slice(0, -2)
    return `pathType Prefix compares it letter by letter, "*" included; write ${plain === '' ? '/' : plain}, which covers everything below`
  }
  return `pathType ${path.pathType} compares it letter by letter; write pathType ${wanted}, or a plain path`
}

function findRegexHosts(snapshot: Snapshot): ReadonlySet<string> {
  const hosts = new Set<string>()
  for (const ingress of snapshot.ingresses) {
    const usesRegex = parseBool(ingress.meta.annotations[USE_REGEX]?.trim() ?? '') === true
    const target = ingress.meta.annotations[REWRITE_TARGET]?.trim() ?? ''
    for (const rule of ingress.spec.rules) {
      if (usesRegex || (target !== '' && rule.paths.some((path) => path.path !== target))) hosts.add(rule.host)
    }
  }
  return hosts
}
