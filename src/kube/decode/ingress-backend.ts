/**
 * An Ingress backend: `service: {name, port}` or `resource` in v1, `serviceName` and `servicePort` in older versions.
 * The other version's fields are an error, but their meaning is plain and they are used.
 */
import {
  childOf,
  describeValue,
  quote,
  report,
  requiredText,
  section,
  toInt,
  toMap,
  toText,
} from '../../base/decode.ts'
import type { MapField, ValueField } from '../../base/decode.ts'
import { closeMap } from '../../base/decode-list.ts'
import type { IngressBackend, ServicePortRef } from '../objects.ts'
import { faultOfPortName } from './names.ts'

const INVALID: IngressBackend = { kind: 'invalid' }
const LEGACY_FIELDS = ['serviceName', 'servicePort']

/** Decodes a backend; `kind: 'invalid'`, with findings, when it names no usable Service or resource. */
export function decodeIngressBackend(field: ValueField, isLegacy: boolean): IngressBackend {
  const map = toMap(field)
  if (map === null) return INVALID
  const isWrittenLegacy = LEGACY_FIELDS.some((key) => childOf(map, key) !== undefined)
  closeMap(map, ['service', 'resource', ...LEGACY_FIELDS], { name: 'write it below service:' })
  if (isWrittenLegacy && !isLegacy) reportOtherVersion(map, LEGACY_FIELDS, 'service: with name: and port: below it')
  if (isLegacy) reportOtherVersion(map, ['service'], 'serviceName: and servicePort:')
  const hasService = childOf(map, 'service') !== undefined
  if (childOf(map, 'resource') !== undefined) {
    if (!hasService && !isWrittenLegacy) return decodeResource(map)
    report(map, 'FIELD_VALUE', 'a backend is either a service or a resource, not both; remove one', { verb: 'use' })
    return INVALID
  }
  if (hasService) return decodeService(map)
  if (isWrittenLegacy) return decodeLegacy(map)
  const wanted = isLegacy ? 'serviceName: and servicePort:' : 'service: with name: and port: below it'
  report(map, 'BACKEND_MISSING', `the backend names no Service; write ${wanted}`, { verb: 'use' })
  return INVALID
}

function decodeService(map: MapField): IngressBackend {
  const service = section(map, 'service')
  if (service === undefined) return INVALID
  closeMap(service, ['name', 'port'], { number: 'write it below port:' })
  const name = requiredText(service, 'name')
  const field = childOf(service, 'port')
  if (field === undefined) reportPortMissing({ path: [...service.path, 'port'], log: map.log })
  const port = field === undefined ? null : decodePort(field)
  return name === undefined || port === null ? INVALID : { kind: 'service', name, port }
}

/** `port: {number}` or `port: {name}`; a bare number or name is an error whose meaning is plain. */
function decodePort(field: ValueField): ServicePortRef | null {
  if (typeof field.value === 'number' || typeof field.value === 'string') {
    const key = /^\d+$/.test(String(field.value)) ? 'number' : 'name'
    const state = `${describeValue(field)} is written where a map is due; write "${key}: ${field.value}" below port:`
    report(field, 'FIELD_TYPE', state)
    return toPortRef(field)
  }
  const port = toMap(field)
  if (port === null) return null
  closeMap(port, ['name', 'number'])
  const number = childOf(port, 'number')
  const name = childOf(port, 'name')
  if (number !== undefined && name !== undefined) {
    report(port, 'FIELD_VALUE', 'a port has either a number or a name, not both; remove one', { verb: 'use' })
    return null
  }
  if (number !== undefined) return toNumberRef(number)
  if (name !== undefined) return toNameRef(name)
  reportPortMissing(port)
  return null
}

function decodeLegacy(map: MapField): IngressBackend {
  const name = requiredText(map, 'serviceName')
  const field = childOf(map, 'servicePort')
  if (field === undefined) {
    const missing = { path: [...map.path, 'servicePort'], log: map.log }
    report(missing, 'FIELD_REQUIRED', 'it is required but missing; write the number or name of a Service port')
  }
  const port = field === undefined ? null : toPortRef(field)
  return name === undefined || port === null ? INVALID : { kind: 'service', name, port }
}

function decodeResource(map: MapField): IngressBackend {
  const resource = section(map, 'resource')
  if (resource === undefined) return INVALID
  closeMap(resource, ['apiGroup', 'kind', 'name'])
  const apiGroup = childOf(resource, 'apiGroup')
  const resourceKind = requiredText(resource, 'kind')
  const name = requiredText(resource, 'name')
  if (resourceKind === undefined || name === undefined) return INVALID
  return { kind: 'resource', apiGroup: apiGroup === undefined ? '' : (toText(apiGroup) ?? ''), resourceKind, name }
}

/** A number, a name, or a number written as text. */
function toPortRef(field: ValueField): ServicePortRef | null {
  const { value } = field
  return typeof value === 'string' && !/^\d+$/.test(value)
    ? toNameRef(field)
    : toNumberRef({ ...field, value: toNumber(value) })
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' ? Number(value) : value
}

function toNumberRef(field: ValueField): ServicePortRef | null {
  const number = toInt(field, 1, 65_535)
  return number === undefined ? null : { kind: 'number', number }
}

function toNameRef(field: ValueField): ServicePortRef | null {
  const name = toText(field)
  if (name === null) return null
  if (/^\d+$/.test(name)) {
    report(field, 'FIELD_VALUE', `a port name has at least one letter; write "number: ${name}" instead`, {
      verb: 'use',
    })
    return toNumberRef({ ...field, value: Number(name) })
  }
  const fault = faultOfPortName(name)
  if (fault === null) return { kind: 'name', name }
  report(field, 'FIELD_VALUE', `the port name ${quote(name)} is not usable: ${fault}`, { verb: 'use' })
  return null
}

function reportPortMissing(field: Pick<ValueField, 'path' | 'log'>): void {
  report(
    field,
    'FIELD_REQUIRED',
    'it is required but missing; write "number:" or "name:" of a Service port below port:',
  )
}

function reportOtherVersion(map: MapField, keys: readonly string[], wanted: string): void {
  for (const key of keys) {
    if (childOf(map, key) === undefined) continue
    const state = `this API version does not have the field; write ${wanted}`
    report({ path: [...map.path, key], log: map.log }, 'FIELD_UNKNOWN', state, {
      severity: 'error',
      at: 'key',
      verb: 'use',
    })
  }
}
