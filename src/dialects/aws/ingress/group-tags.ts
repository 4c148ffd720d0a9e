/** Tags of a group's resources: class parameters win over Services, and those over Ingresses. */
import type { Tags } from '../../../aws/stack/model.ts'
import type { Service } from '../../../kube/objects.ts'
import { fieldReading } from '../annotation-reader.ts'
import { mergeTags, pairsToRecord, tagsOf, type TagSource } from '../tags.ts'
import type { GroupContext } from './group-context.ts'
import type { LoadedMember } from './load-groups.ts'

/** Tags of what the whole group shares. */
export function groupTags({ group, options, reader, report }: GroupContext): Tags {
  return mergeTags(
    options,
    [
      group.members.flatMap((member) => classTags(member)),
      group.members.flatMap(({ ingress }) => tagsOf(reader.map([ingress], 'tags'))),
    ],
    report,
  )
}

/** Tags of what comes from one member, or from a Service that it names. */
export function memberTags(
  { options, reader, report }: GroupContext,
  member: LoadedMember,
  service: Service | null,
): Tags {
  return mergeTags(
    options,
    [
      classTags(member),
      service === null ? [] : tagsOf(reader.map([service], 'tags')),
      tagsOf(reader.map([member.ingress], 'tags')),
    ],
    report,
  )
}

function classTags({ params }: LoadedMember): readonly TagSource[] {
  if (params === null) return []
  const tags = params.spec.tags
  return tagsOf(fieldReading(params, tags === undefined ? undefined : pairsToRecord(tags), 'spec', 'tags'))
}
