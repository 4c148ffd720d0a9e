import { refuse } from '../refusal.ts'
import { addTags, tagList } from '../tag-limits.ts'
import { isVisible, type Handlers, type Thing, type World } from '../world.ts'

type Actions = 'elbv2:DescribeTags' | 'elbv2:AddTags' | 'elbv2:RemoveTags'

const NOT_FOUND = {
  loadbalancer: 'LoadBalancerNotFound',
  targetgroup: 'TargetGroupNotFound',
  listener: 'ListenerNotFound',
  'listener-rule': 'RuleNotFound',
} as const

export function tagHandlers(world: World): Handlers<Actions> {
  const thing = (arn: string): Thing => {
    const kind = /:(loadbalancer|targetgroup|listener|listener-rule)\//.exec(arn)?.[1] as
      | keyof typeof NOT_FOUND
      | undefined
    if (kind === undefined) refuse('ValidationError', `'${arn}' is not a valid ARN`)
    const things: ReadonlyMap<string, Thing> = {
      loadbalancer: world.loadBalancers,
      targetgroup: world.targetGroups,
      listener: world.listeners,
      'listener-rule': world.rules,
    }[kind]
    const one = things.get(arn)
    if (one === undefined || !isVisible(one)) refuse(NOT_FOUND[kind], `'${arn}' not found`)
    return one
  }
  const cap = (arns: readonly string[] | undefined): readonly string[] => {
    if (arns === undefined || arns.length === 0 || arns.length > 20) {
      refuse('ValidationError', `${arns?.length ?? 0} ARNs; 1 to 20 can be given`)
    }
    return arns
  }
  return {
    'elbv2:DescribeTags': (input) => ({
      TagDescriptions: cap(input.ResourceArns).map((ResourceArn) => ({
        ResourceArn,
        Tags: tagList(thing(ResourceArn).tags),
      })),
    }),
    'elbv2:AddTags': (input) => {
      for (const arn of cap(input.ResourceArns)) addTags(thing(arn).tags, input.Tags)
      return {}
    },
    'elbv2:RemoveTags': (input) => {
      for (const arn of cap(input.ResourceArns)) {
        const { tags } = thing(arn)
        for (const key of input.TagKeys ?? []) tags.delete(key)
      }
      return {}
    },
  }
}
