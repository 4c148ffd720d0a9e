import type { ActionsOf, Handlers, World } from '../world.ts'
import { classicBalancerHandlers } from './balancers.ts'
import { classicListenerHandlers } from './listeners.ts'

/** Elastic Load Balancing, version 2012-06-01. */
export function classicHandlers(world: World): Handlers<ActionsOf<'elb'>> {
  return { ...classicBalancerHandlers(world), ...classicListenerHandlers(world) }
}
