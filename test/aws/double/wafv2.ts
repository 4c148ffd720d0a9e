import { page } from './paging.ts'
import { refuse } from './refusal.ts'
import { find, type ActionsOf, type Handlers, type World } from './world.ts'

export function wafHandlers(world: World): Handlers<ActionsOf<'wafv2'>> {
  const loadBalancer = (arn: string | undefined) => {
    const { shape } = find(world.loadBalancers, arn, 'WAFNonexistentItem', 'The load balancer')
    if (shape.Type !== 'application') refuse('WAFInvalidParameter', 'The resource must be an Application Load Balancer')
    return shape.LoadBalancerArn
  }

  return {
    'wafv2:ListWebACLs': (input) => {
      if (input.Scope !== 'REGIONAL') refuse('WAFInvalidParameter', 'Scope must be REGIONAL here')
      const { items, next } = page([...world.webAcls], input.NextMarker, Math.min(input.Limit ?? 100, world.pageSize))
      return {
        WebACLs: items.map(([ARN, { name, id }]) => ({ ARN, Name: name, Id: id })),
        ...(next === undefined ? {} : { NextMarker: next }),
      }
    },
    'wafv2:GetWebACLForResource': (input) => {
      const arn = world.webAclOf.get(loadBalancer(input.ResourceArn))
      if (arn === undefined) return {}
      const { name, id } = world.webAcls.get(arn) ?? { name: '', id: '' }
      return {
        WebACL: { ARN: arn, Name: name, Id: id, DefaultAction: { Allow: {} }, VisibilityConfig: undefined },
      }
    },
    'wafv2:AssociateWebACL': (input) => {
      const target = loadBalancer(input.ResourceArn)
      if (input.WebACLArn === undefined || !world.webAcls.has(input.WebACLArn)) {
        refuse('WAFNonexistentItem', 'AWS WAF could not find the web ACL')
      }
      world.webAclOf.set(target, input.WebACLArn)
      return {}
    },
    'wafv2:DisassociateWebACL': (input) => {
      world.webAclOf.delete(loadBalancer(input.ResourceArn))
      return {}
    },
  }
}
