import type { ImportedCertificate } from '../../stack/model.ts'
import type { Draft } from './draft.ts'
import { identityOf } from './identity.ts'
import { toTagRecord } from './tag-record.ts'
import { FINGERPRINT_TAG } from './memory-tags.ts'
import type { Observation } from './observation.ts'
import { mapLimited, readPages } from './pages.ts'
import { PARALLEL_READS, type TagRecord } from './tag-snapshot.ts'

/** Certificates that we imported. All that is compared is in their tags. */
export async function observeCertificates(observation: Observation, draft: Draft): Promise<void> {
  let hasOwn = false
  const all = await readTags(observation)
  if (all === null) return
  for (const [arn, tags] of all) {
    const identity = identityOf(observation.scope, tags)
    if (identity === null) continue
    hasOwn = true
    const { stack, id, isOwned } = identity
    const [namespace = '', secretName = ''] = id.split('/')
    const spec: ImportedCertificate = {
      id,
      origins: [],
      namespace,
      secretName,
      fingerprint: tags[FINGERPRINT_TAG] ?? '',
      domainNames: [],
      tags: {},
    }
    draft.stack(stack).certificates.push({ identifier: arn, spec, allTags: tags, isOwned })
  }
  const mayHave = hasOwn || observation.wishes.importsCertificates
  observation.cache.put('certificates', 'account', mayHave ? 'some' : 'none')
}

/** `null` = there are none, and no call was needed to know it. */
async function readTags({
  api,
  cache,
  snapshot,
  wishes,
}: Observation): Promise<readonly (readonly [string, TagRecord])[] | null> {
  const ofOne = async (arn: string): Promise<readonly [string, TagRecord]> => {
    const tags = await cache.get('tags', arn, async () =>
      toTagRecord((await api.call('acm:ListTagsForCertificate', { CertificateArn: arn })).Tags),
    )
    return [arn, tags]
  }
  const indexed = [...snapshot.tags].filter(([arn]) => arn.split(':')[2] === 'acm')
  const hadNone = cache.peek('certificates', 'account') === 'none'
  // Not by the index alone: one that was imported a moment ago may not be in it when its Ingress goes.
  if (snapshot.hasIndex && indexed.length === 0 && hadNone && !wishes.importsCertificates) return null
  // The index may show what is gone, and may lack what we have just imported: the list of ACM is what counts.
  const all = await readPages(
    api,
    'acm:ListCertificates',
    {
      CertificateStatuses: ['ISSUED', 'EXPIRED', 'INACTIVE', 'REVOKED'],
      Includes: {
        keyTypes: ['RSA_1024', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1'],
      },
    },
    (output) => output.CertificateSummaryList,
  )
  const imported = all
    .filter((one) => one.Type === undefined || one.Type === 'IMPORTED')
    .map((one) => one.CertificateArn ?? '')
  return mapLimited(imported, PARALLEL_READS, async (arn): Promise<readonly [string, TagRecord]> => {
    const known = snapshot.tags.get(arn)
    return known === undefined || cache.hasFreshTags(arn) ? ofOne(arn) : [arn, known]
  })
}
