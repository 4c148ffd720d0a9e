/** What Ingresses say about load balancers of AWS, and no object of the Gateway API can. */
import { personalityOfIngress } from '../../dialects/ingress/class.ts'
import { describeObject, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Remarks } from './remarks.ts'

const PREFIX = 'alb.ingress.kubernetes.io/'

/** Said by the routes themselves, or where they are closed. */
const OF_ROUTES =
  /^(?:actions|conditions|transforms)\.|^auth-|^(?:group\.(?:name|order)|ssl-redirect|backend-protocol|jwt-validation|mutual-authentication|use-regex-path-match)$/
const GUARDS =
  /^(?:inbound-cidrs|security-groups|security-group-prefix-lists|wafv2-acl-arn|wafv2-acl-name|waf-acl-id|shield-advanced-protection)$/
const TLS = /^(?:certificate-arn|ssl-policy|create-acm-cert|acm-pca-arn)$/

/** Raises GATEWAY_NO_EQUAL, once for each kind of thing that an Ingress asks of its load balancer. */
export function remarkLoadBalancers(served: readonly Ingress[], snapshot: Snapshot, remarks: Remarks): void {
  for (const ingress of served) {
    if (personalityOfIngress(snapshot, ingress).name !== 'alb') continue
    const names = Object.keys(ingress.meta.annotations)
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => name.slice(PREFIX.length))
      .filter((name) => !OF_ROUTES.test(name))
    const remark = (some: readonly string[], state: string): void => {
      const [first] = some
      if (first === undefined) return
      remarks.noEqual(
        originOfKey(ingress, 'metadata', 'annotations', PREFIX + first),
        `Cannot write ${some.join(', ')} of ${describeObject(ingress)}: ${state}`,
      )
    }
    remark(
      names.filter((name) => GUARDS.test(name)),
      'who may come to a Gateway is its implementation’s affair, and requests are served without; guard it there',
    )
    remark(
      names.filter((name) => TLS.test(name)),
      'a Gateway takes its certificates from Secrets; name one below spec.tls',
    )
    remark(
      names.filter((name) => !GUARDS.test(name) && !TLS.test(name)),
      'a load balancer of AWS is no object of the Gateway API; ask your implementation for it where it is wanted',
    )
  }
}
