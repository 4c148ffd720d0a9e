/** What a finding means for somebody who moves: a difference, an edit, or the same under both controllers. */
import type { FindingCode } from '../base/finding-codes.ts'
import type { Finding } from '../base/finding.ts'
import type { ItemKind } from './migration-report.ts'

/** ingress-nginx served something here, and Genkan does not. */
const REFUSALS: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'ANNOTATION_FORBIDDEN',
  'ANNOTATION_PROTECTS',
  'ANNOTATION_REFUSED',
  'AUTH_USER_REFUSED',
  'CONFIG_KEY_REFUSED',
  'CONFIG_PROTECTS',
  'CONTROLLER_FLAG_UNKNOWN',
  'CONTROLLER_FLAG_VALUE',
  'FIELD_REQUIRED',
  'FIELD_TYPE',
  'FIELD_VALUE',
  'HOST_INVALID',
  'LIST_EXPECTED',
  'PATH_INVALID',
  'REGEX_INVALID',
  'REGEX_NOT_LINEAR',
])

/** Both serve, but not alike. */
const DIFFERENCES: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'ANNOTATION_VALUE',
  'BALANCING_CONFLICT',
  'CANARY_WITHOUT_MAIN',
  'CANARY_SHADOWED',
  'CONFIG_VALUE',
  'LOG_VARIABLE_UNKNOWN',
  'SECRET_INVALID',
])

/** `remark`: the same under both controllers. */
export function judgeFinding(finding: Finding): Exclude<ItemKind, 'same'> | 'remark' {
  if (isAboutAbsence(finding)) return 'absent'
  if (finding.code === 'ANNOTATION_VALUE' && finding.message.includes('has no effect without')) return 'idle'
  // ingress-nginx took such an expression.
  if (finding.code === 'ANNOTATION_VALUE' && finding.message.includes('linear time')) return 'refused'
  // Without its redirect a path asks a Service that perhaps nobody meant to be asked any more.
  if (finding.code === 'ANNOTATION_VALUE' && finding.message.includes('so it redirects nothing')) return 'refused'
  if (REFUSALS.has(finding.code)) return 'refused'
  if (finding.code === 'ANNOTATION_UNSUPPORTED') return finding.severity === 'info' ? 'idle' : 'refused'
  if (finding.code === 'CONFIG_KEY_UNSUPPORTED') return finding.severity === 'info' ? 'idle' : 'differs'
  if (finding.code === 'CONTROLLER_FLAG_IDLE') return 'idle'
  return DIFFERENCES.has(finding.code) ? 'differs' : 'remark'
}

/** True where only a later version, not an edit, brings what is asked for. */
export function isNotYet({ code, message }: Finding): boolean {
  return code === 'ANNOTATION_UNSUPPORTED' || message.includes('not available in this version')
}

/** The manifests that people export often lack Secrets; that an object is not there says nothing about the cluster. */
function isAboutAbsence({ code, absent }: Finding): boolean {
  return (
    absent !== undefined ||
    code === 'SECRET_NOT_FOUND' ||
    code === 'SERVICE_NOT_FOUND' ||
    code === 'CONFIG_MAP_NOT_FOUND'
  )
}
