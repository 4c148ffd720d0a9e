import type { ActionsOf, Handlers, World } from '../world.ts'
import { attributeHandlers } from './attributes.ts'
import { listenerHandlers } from './listeners.ts'
import { loadBalancerHandlers } from './load-balancers.ts'
import { ruleHandlers } from './rules.ts'
import { tagHandlers } from './tags.ts'
import { targetGroupHandlers } from './target-groups.ts'
import { targetHandlers } from './targets.ts'

/** Elastic Load Balancing, version 2015-12-01. */
export function elbv2Handlers(world: World): Handlers<ActionsOf<'elbv2'>> {
  return {
    ...loadBalancerHandlers(world),
    ...attributeHandlers(world),
    ...listenerHandlers(world),
    ...ruleHandlers(world),
    ...targetGroupHandlers(world),
    ...targetHandlers(world),
    ...tagHandlers(world),
  }
}
