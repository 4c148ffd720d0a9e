import { page } from './paging.ts'
import { refuse } from './refusal.ts'
import { tagList } from './tag-limits.ts'
import type { ActionsOf, Handlers, TagIndex, World } from './world.ts'

/** The tag index. With `taggingLag` it shows how things were so many calls ago, deleted ones too. */
export function taggingHandlers(world: World): Handlers<ActionsOf<'tagging'>> {
  const indexNow = (): TagIndex =>
    world.tagHistory.findLast((one) => one.clock <= world.clock - world.taggingLag)?.index ?? new Map()

  return {
    'tagging:GetResources': (input) => {
      const perPage = input.ResourcesPerPage ?? 100
      if (perPage < 1 || perPage > 100) refuse('InvalidParameter', 'ResourcesPerPage must be 1 to 100')
      const matching = [...(world.taggingLag === 0 ? readTags(world) : indexNow())].filter(([arn, tags]) => {
        const isType = (input.ResourceTypeFilters ?? ['']).some((type) => isOfType(arn, type))
        return (
          isType &&
          (input.TagFilters ?? []).every(({ Key: key = '', Values: values = [] }) => {
            const value = tags.get(key)
            return value !== undefined && (values.length === 0 || values.includes(value))
          })
        )
      })
      const { items, next } = page(matching, input.PaginationToken, Math.min(perPage, world.pageSize))
      return {
        ResourceTagMappingList: items.map(([ResourceARN, tags]) => ({ ResourceARN, Tags: tagList(tags) })),
        PaginationToken: next ?? '',
      }
    },
  }
}

/** Tags by ARN of everything that has some. */
export function readTags(world: World): TagIndex {
  const index = new Map<string, ReadonlyMap<string, string>>()
  const arn = (service: string, rest: string) => `arn:aws:${service}:${world.region}:${world.account}:${rest}`
  for (const [id, one] of world.loadBalancers) index.set(id, new Map(one.tags))
  for (const [id, one] of world.listeners) index.set(id, new Map(one.tags))
  for (const [id, one] of world.rules) index.set(id, new Map(one.tags))
  for (const [id, one] of world.targetGroups) index.set(id, new Map(one.tags))
  for (const [id, one] of world.certificates) index.set(id, new Map(one.tags))
  for (const [id, one] of world.securityGroups) index.set(arn('ec2', `security-group/${id}`), new Map(one.tags))
  for (const [name, one] of world.classic)
    index.set(arn('elasticloadbalancing', `loadbalancer/${name}`), new Map(one.tags))
  for (const [id, tags] of index) if (tags.size === 0) index.delete(id)
  return index
}

/** `service` or `service:type`; the type of a listener is `listener/app` or `listener`. */
function isOfType(arn: string, type: string): boolean {
  if (type === '') return true
  const [service = '', kind] = type.split(':')
  const parts = arn.split(':')
  const rest = parts.slice(5).join(':')
  return parts[2] === service && (kind === undefined || rest.startsWith(`${kind}/`))
}
