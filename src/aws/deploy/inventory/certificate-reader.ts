/**
 * Certificates in ACM, for discovery by host name. The list is read at most once a minute, and what is in a certificate as
 * seldom as it changes: imported ones may be imported anew, those of AWS are renewed with the same names.
 */
import type { CertificateDetail, KeyAlgorithm } from '@aws-sdk/client-acm'
import { compareText } from '../../../base/finding.ts'
import type { InventoryCertificate } from '../../stack/inventory.ts'
import { CLUSTER_TAG } from '../../stack/tag-keys.ts'
import { type AwsApi, AwsError } from '../aws-api.ts'
import { mapLimited, readPages } from '../observe/pages.ts'
import { toTagRecord } from '../observe/tag-record.ts'

export interface CertificateReader {
  /** Sorted by ARN. @throws {AwsError} when the list cannot be read */
  read(): Promise<readonly InventoryCertificate[]>
}

/** Without this filter ACM lists RSA certificates of 1024 and 2048 bits only. */
const KEY_TYPES: KeyAlgorithm[] = [
  'RSA_1024',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_prime256v1',
  'EC_secp384r1',
  'EC_secp521r1',
]

const LIST_MS = 60_000
const IMPORTED_MS = 5 * 60_000
const ISSUED_MS = 10 * 3_600_000
const PARALLEL = 4

interface Described {
  readonly certificate: InventoryCertificate
  readonly untilMs: number
}

/** @param clusterName certificates with its tag were imported by us from Secrets */
export function createCertificateReader(api: AwsApi, clusterName: string, nowMs: () => number): CertificateReader {
  const described = new Map<string, Described>()
  let list: readonly InventoryCertificate[] = []
  let listedAtMs = -Infinity

  const describe = async (arn: string): Promise<InventoryCertificate | null> => {
    const known = described.get(arn)
    if (known !== undefined && nowMs() < known.untilMs) return known.certificate
    let detail: CertificateDetail | undefined
    try {
      const answer = await api.call('acm:DescribeCertificate', { CertificateArn: arn })
      detail = answer.Certificate
    } catch (error) {
      // Deleted since it was listed.
      if (error instanceof AwsError && error.code === 'ResourceNotFound') return null
      throw error
    }
    const isImportedType = detail?.Type === 'IMPORTED'
    const isOurs = isImportedType && (await hasOurTag(arn))
    const certificate: InventoryCertificate = {
      arn,
      domainNames: namesOf(detail),
      status: detail?.Status ?? 'ISSUED',
      ...(detail?.CertificateAuthorityArn === undefined ? {} : { authorityArn: detail.CertificateAuthorityArn }),
      ...(isOurs ? { isImported: true } : {}),
    }
    described.set(arn, { certificate, untilMs: nowMs() + (isImportedType ? IMPORTED_MS : ISSUED_MS) })
    return certificate
  }

  const hasOurTag = async (arn: string): Promise<boolean> => {
    try {
      const { Tags } = await api.call('acm:ListTagsForCertificate', { CertificateArn: arn })
      return toTagRecord(Tags)[CLUSTER_TAG] === clusterName
    } catch (error) {
      if (error instanceof AwsError) return false
      throw error
    }
  }

  return {
    async read() {
      if (nowMs() - listedAtMs < LIST_MS) return list
      const input = { CertificateStatuses: ['ISSUED' as const], Includes: { keyTypes: KEY_TYPES } }
      const summaries = await readPages(api, 'acm:ListCertificates', input, (page) => page.CertificateSummaryList)
      const arns = [...new Set(summaries.map(({ CertificateArn = '' }) => CertificateArn))].sort(compareText)
      const found = await mapLimited(arns, PARALLEL, describe)
      for (const arn of described.keys()) if (!arns.includes(arn)) described.delete(arn)
      list = found.filter((one) => one !== null)
      listedAtMs = nowMs()
      return list
    },
  }
}

function namesOf(detail: CertificateDetail | undefined): readonly string[] {
  const names = [detail?.DomainName, ...(detail?.SubjectAlternativeNames ?? [])]
  return [...new Set(names.filter((name) => name !== undefined))].sort(compareText)
}
