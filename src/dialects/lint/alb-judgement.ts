/** Findings about Ingresses of load balancers of AWS: what those make of them, in place of what our proxy does. */
import type { FindingCode } from '../../base/finding-codes.ts'
import type { Finding } from '../../base/finding.ts'
import { describeObject } from '../../kube/meta.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { judgeAlbIngresses } from '../aws/judge-ingresses.ts'
import { personalityOfIngress } from '../ingress/class.ts'

/** Of whoever asks for classes or brings a controller's rules along. */
const OF_CHOICE: ReadonlySet<FindingCode> = new Set<FindingCode>(['INGRESS_CLASS_UNSERVED', 'INGRESS_CLASS_DEFAULTS'])

/**
 * @param translated what translating the same objects for our proxy found
 * @param nowMs milliseconds since the epoch
 */
export function withAlbJudgement(
  translated: readonly Finding[],
  snapshot: Snapshot,
  nowMs: number,
): readonly Finding[] {
  const { ingresses, findings } = judgeAlbIngresses(snapshot, nowMs)
  const judged = new Set(
    [...ingresses]
      .filter((ingress) => personalityOfIngress(snapshot, ingress).name === 'alb')
      .map((ingress) => describeObject(ingress)),
  )
  const unreachable = new Set(
    findings.filter(({ code }) => code === 'AWS_RULE_UNREACHABLE').map(({ origin }) => origin.object),
  )
  const kept = translated.flatMap((finding) => {
    const { code, origin } = finding
    if (!judged.has(origin.object) || OF_CHOICE.has(code)) return [finding]
    return code === 'PATH_CONFLICT' && !unreachable.has(origin.object) ? [toTwoBalancers(finding)] : []
  })
  return [...kept, ...findings]
}

/** Each has a load balancer of its own, and both may be meant: one for inside and one for outside. */
function toTwoBalancers(finding: Finding): Finding {
  const [, route, loser, winner] =
    /^Cannot route (.*) to (Ingress \S+): (?:the older )?(.*) has it; /.exec(finding.message) ?? []
  if (route === undefined) return { ...finding, severity: 'info' }
  const message = `${route} is claimed by ${loser} and by ${winner}, on load balancers of their own: DNS decides which of them is asked; write the same group.name for one`
  return { ...finding, severity: 'info', message }
}
