/** Network interfaces that load balancers hold, which keep security groups in use for a while after their deletion. */
import { freshId, type InterfaceThing, type World } from './world.ts'

/** Gives a load balancer an interface in each subnet with these groups, in place of those that it has. */
export function placeInterfaces(
  world: World,
  owner: string,
  subnetIds: readonly string[],
  groups: readonly string[],
): void {
  for (const [id, one] of world.interfaces) if (one.owner === owner) world.interfaces.delete(id)
  for (const subnet of subnetIds) {
    const id = `eni-${freshId(world)}`
    const cidr = world.subnets.get(subnet)?.CidrBlock ?? '10.0.0.0/24'
    const privateIp = cidr.replace(/\d+\/\d+$/, String((world.interfaces.size % 200) + 20))
    world.interfaces.set(id, { id, owner, groups: [...groups], privateIp, goneAt: Infinity })
  }
}

/** They go some calls after their load balancer. */
export function releaseInterfaces(world: World, owner: string): void {
  for (const one of world.interfaces.values()) {
    if (one.owner === owner) one.goneAt = world.clock + world.interfaceCalls
  }
}

export function presentInterfaces(world: World): InterfaceThing[] {
  for (const [id, one] of world.interfaces) if (one.goneAt <= world.clock) world.interfaces.delete(id)
  return [...world.interfaces.values()]
}
