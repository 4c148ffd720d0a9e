/** One path of an Ingress rule. Source: NetworkingV1 HTTPIngressPath and its validation. */
import { childOf, optionalOneOf, optionalText, quote, report, reportMissing } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap } from '../../base/decode-list.ts'
import type { IngressPath } from '../objects.ts'
import { decodeIngressBackend } from './ingress-backend.ts'

const PATH_TYPES = ['Exact', 'Prefix', 'ImplementationSpecific'] as const
const DEFAULT_PATH_TYPE = 'ImplementationSpecific'
const BACKEND_FIELDS = ['serviceName', 'servicePort', 'service', 'resource']
const MISPLACED = Object.fromEntries(BACKEND_FIELDS.map((name) => [name, 'indent it below backend:']))

/** Decodes a path; `null`, with PATH_INVALID, when no request can match it. */
export function decodeIngressPath(map: MapField, isLegacy: boolean): IngressPath | null {
  closeMap(map, ['path', 'pathType', 'backend'], MISPLACED)
  const pathType = decodePathType(map, isLegacy)
  const path = decodePath(map, pathType)
  const field = childOf(map, 'backend')
  if (field === undefined) {
    const missing = { path: [...map.path, 'backend'], log: map.log }
    report(missing, 'BACKEND_MISSING', 'the path has no backend; write backend.service.name and its port')
  }
  const backend = field === undefined ? ({ kind: 'invalid' } as const) : decodeIngressBackend(field, isLegacy)
  return path === null ? null : { ...path, pathType, backend }
}

/** Old versions default to ImplementationSpecific; v1 demands the field, so its absence is an error, served the same. */
function decodePathType(map: MapField, isLegacy: boolean): IngressPath['pathType'] {
  if (childOf(map, 'pathType') !== undefined) return optionalOneOf(map, 'pathType', PATH_TYPES) ?? DEFAULT_PATH_TYPE
  if (!isLegacy) {
    const field = { path: [...map.path, 'pathType'], log: map.log }
    const state = `it is required in networking.k8s.io/v1 but missing; write ${PATH_TYPES.join(', or ')}`
    report(field, 'FIELD_REQUIRED', state)
  }
  return DEFAULT_PATH_TYPE
}

function decodePath(
  map: MapField,
  pathType: IngressPath['pathType'],
): Pick<IngressPath, 'path' | 'isPathEmpty'> | null {
  const text = optionalText(map, 'path')
  const isEmpty = text === undefined || text === ''
  if (isEmpty && pathType !== DEFAULT_PATH_TYPE) reportMissing(map, 'path')
  if (isEmpty) return { path: '/', isPathEmpty: true }
  const fault = faultOfPath(text, pathType)
  if (fault === null) return { path: text }
  report({ path: [...map.path, 'path'], log: map.log }, 'PATH_INVALID', `${quote(text)} ${fault}`, { verb: 'use' })
  return null
}

/** Why a path is refused, or `null`. The sequences are those that the API server refuses in Exact and Prefix. */
function faultOfPath(path: string, pathType: IngressPath['pathType']): string | null {
  if (!path.startsWith('/')) return `does not begin with "/"; write ${quote(`/${path.replace(/^\^?\/?/, '')}`)}`
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'contains a control character, which no request path can carry'
  if (pathType === DEFAULT_PATH_TYPE) return null
  const sequence = ['//', '/./', '/../', '%2f', '%2F'].find((part) => path.includes(part))
  if (sequence !== undefined) return `contains "${sequence}", which ${pathType} does not accept`
  const ending = ['/..', '/.'].find((part) => path.endsWith(part))
  return ending === undefined ? null : `ends with "${ending}", which ${pathType} does not accept`
}
