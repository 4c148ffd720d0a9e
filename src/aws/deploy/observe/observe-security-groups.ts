import type * as Ec2 from '@aws-sdk/client-ec2'
import type { ResourceKey } from '../../stack/model.ts'
import { CLUSTER_TAG, IN_TREE_CLUSTER_PREFIX } from '../../stack/tag-keys.ts'
import type { Draft } from './draft.ts'
import { fromSecurityGroup } from './from-security-group.ts'
import { identityOf } from './identity.ts'
import { toTagRecord } from './tag-record.ts'
import type { Observation } from './observation.ts'
import { inChunks, mapLimited, readPages } from './pages.ts'
import { PARALLEL_READS } from './tag-snapshot.ts'

/** Values of a filter. */
const FILTER_VALUES = 200

/** Security groups with our cluster's tag, and who else has a name that we want. */
export async function observeSecurityGroups(observation: Observation, draft: Draft): Promise<void> {
  const { api, scope, wishes } = observation
  const read = (filters: Ec2.Filter[]): Promise<Ec2.SecurityGroup[]> =>
    readPages(api, 'ec2:DescribeSecurityGroups', { Filters: filters }, (output) => output.SecurityGroups)

  const seen = new Set<string>()
  for (const shape of await read([{ Name: `tag:${CLUSTER_TAG}`, Values: [scope.clusterName] }])) {
    const tags = toTagRecord(shape.Tags)
    const identity = identityOf(scope, tags)
    if (identity === null) continue
    const { stack, id, isOwned } = identity
    seen.add(shape.GroupName ?? '')
    draft.stack(stack).securityGroups.push({
      identifier: shape.GroupId ?? '',
      spec: fromSecurityGroup(id, shape),
      allTags: tags,
      isOwned,
    })
  }
  // A name of ours that is not among them is either new or somebody's; asked once, and again when a pass is due.
  const missing = [...wishes.securityGroups.keys()].filter((name) => !seen.has(name))
  const found = await mapLimited(inChunks(missing, FILTER_VALUES), PARALLEL_READS, (names) =>
    read([
      { Name: 'group-name', Values: names },
      ...(scope.vpcId === '' ? [] : [{ Name: 'vpc-id', Values: [scope.vpcId] }]),
    ]),
  )
  for (const shape of found.flat()) {
    const tags = toTagRecord(shape.Tags)
    if (identityOf(scope, tags) !== null) continue
    const name = shape.GroupName ?? ''
    const identifier = shape.GroupId ?? ''
    const classic = wishes.classicGroups.get(name)
    if (classic !== undefined && tags[`${IN_TREE_CLUSTER_PREFIX}${scope.clusterName}`] === 'owned') {
      const spec = fromSecurityGroup(classic.id, shape)
      draft.stack(classic.stack).securityGroups.push({ identifier, spec, allTags: tags, isOwned: false })
    } else draft.foreign.push({ resource: wishes.securityGroups.get(name) as ResourceKey, name, identifier })
  }
}
