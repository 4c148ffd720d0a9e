import { refuse } from './refusal.ts'
import { type ActionsOf, type Handlers, type World } from './world.ts'

export function shieldHandlers(world: World): Handlers<ActionsOf<'shield'>> {
  const needsSubscription = (): void => {
    if (!world.hasShieldSubscription) refuse('ResourceNotFound', 'The subscription does not exist.')
  }
  return {
    'shield:GetSubscriptionState': () => ({ SubscriptionState: world.hasShieldSubscription ? 'ACTIVE' : 'INACTIVE' }),
    'shield:DescribeProtection': (input) => {
      needsSubscription()
      const found = [...world.protections].find(
        ([id, one]) => id === input.ProtectionId || one.resourceArn === input.ResourceArn,
      )
      if (found === undefined) refuse('ResourceNotFound', 'The referenced protection does not exist.')
      const [Id, { name, resourceArn }] = found
      return { Protection: { Id, Name: name, ResourceArn: resourceArn } }
    },
    'shield:CreateProtection': (input) => {
      needsSubscription()
      const { ResourceArn: resourceArn = '', Name: name = '' } = input
      if (!world.loadBalancers.has(resourceArn)) refuse('InvalidResource', `The resource ${resourceArn} does not exist`)
      if (!/^[ a-zA-Z0-9_.-]{1,128}$/.test(name)) refuse('InvalidParameter', `Invalid protection name '${name}'`)
      if ([...world.protections.values()].some((one) => one.resourceArn === resourceArn)) {
        refuse('ResourceAlreadyExists', 'The referenced protection already exists.')
      }
      const id = `00000000-0000-0000-0001-${String(world.serial()).padStart(12, '0')}`
      world.protections.set(id, { name, resourceArn })
      return { ProtectionId: id }
    },
    'shield:DeleteProtection': (input) => {
      needsSubscription()
      if (!world.protections.delete(input.ProtectionId ?? '')) {
        refuse('ResourceNotFound', 'The referenced protection does not exist.')
      }
      return {}
    },
  }
}
