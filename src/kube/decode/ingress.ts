/**
 * Ingress in `networking.k8s.io/v1`, `networking.k8s.io/v1beta1` and `extensions/v1beta1`, all into the v1 form.
 * A rule or path that cannot be used is left out alone; its neighbours live.
 */
import { childOf, optionalText, quote, report, reportMissing, section, toText } from '../../base/decode.ts'
import type { MapField, ValueField } from '../../base/decode.ts'
import { closeMap, listOf, listOfMaps, listOfText } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { Ingress, IngressBackend, IngressRule, IngressTls } from '../objects.ts'
import { decodeIngressBackend } from './ingress-backend.ts'
import { decodeIngressPath } from './ingress-path.ts'
import { checkHost } from './names.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const MISPLACED = {
  rules: 'indent it below spec:',
  tls: 'indent it below spec:',
  defaultBackend: 'indent it below spec:',
  ingressClassName: 'indent it below spec:',
  annotations: 'indent it below metadata:',
}
const RULE_MISPLACED = {
  paths: 'write it below http:',
  path: 'write it below http.paths:',
  backend: 'write it below http.paths:',
  tls: 'it belongs directly below spec:',
}

/** Decodes an Ingress whose metadata is already known. */
export function decodeIngress(root: MapField, base: Omit<KubeObject, 'kind'>, isLegacyVersion: boolean): Ingress {
  closeMap(root, ROOT_FIELDS, MISPLACED)
  const spec = section(root, 'spec')
  if (spec === undefined) {
    if (childOf(root, 'spec') === undefined) reportMissing(root, 'spec')
    return { kind: 'Ingress', ...base, spec: { tls: [], rules: [] }, isLegacyVersion }
  }
  const backendKey = isLegacyVersion ? 'backend' : 'defaultBackend'
  closeMap(spec, ['ingressClassName', 'tls', 'rules', 'defaultBackend', 'backend'], { host: 'write it below rules:' })
  const className = optionalText(spec, 'ingressClassName')
  const defaultBackend = decodeDefaultBackend(spec, backendKey, isLegacyVersion)
  return {
    kind: 'Ingress',
    ...base,
    spec: {
      ...(className === undefined || className === '' ? {} : { ingressClassName: className }),
      ...(defaultBackend === undefined ? {} : { defaultBackend }),
      tls: listOfMaps(spec, 'tls', decodeTls),
      rules: listOfMaps(spec, 'rules', (rule) => decodeRule(rule, isLegacyVersion)),
    },
    isLegacyVersion,
  }
}

/** Reads the backend under either version's name; the other version's name is an error but its meaning is plain. */
function decodeDefaultBackend(spec: MapField, key: string, isLegacy: boolean): IngressBackend | undefined {
  const other = isLegacy ? 'defaultBackend' : 'backend'
  if (childOf(spec, other) !== undefined) {
    const field = { path: [...spec.path, other], log: spec.log }
    const state = `this API version calls the field ${key}; rename it`
    report(field, 'FIELD_UNKNOWN', state, { severity: 'error', at: 'key', verb: 'use' })
  }
  const used = childOf(spec, key) ?? childOf(spec, other)
  return used === undefined ? undefined : decodeIngressBackend(used, isLegacy)
}

function decodeTls(map: MapField): IngressTls {
  closeMap(map, ['hosts', 'secretName'], { host: 'write hosts: with a list' })
  const hosts = Array.isArray(childOf(map, 'hosts')?.value)
    ? listOf(map, 'hosts', (entry) => decodeHost(entry))
    : listOfText(map, 'hosts')
  return { hosts, secretName: optionalText(map, 'secretName') ?? '' }
}

function decodeRule(map: MapField, isLegacy: boolean): IngressRule | null {
  closeMap(map, ['host', 'http'], RULE_MISPLACED)
  const field = childOf(map, 'host')
  const host = field === undefined || field.value === '' ? '' : decodeHost(field)
  const http = section(map, 'http')
  if (http !== undefined) closeMap(http, ['paths'], { path: 'write it in a list below paths:' })
  if (http !== undefined && childOf(http, 'paths') === undefined) reportMissing(http, 'paths')
  const paths = http === undefined ? [] : listOfMaps(http, 'paths', (path) => decodeIngressPath(path, isLegacy))
  return host === null ? null : { host, paths }
}

/** A host in lower case, or `null` with HOST_INVALID. */
function decodeHost(field: ValueField): string | null {
  const text = toText(field)
  if (text === null) return null
  const check = checkHost(text)
  if (check.kind === 'invalid') {
    report(field, 'HOST_INVALID', `the host ${quote(text)} is not usable: ${check.reason}`, { verb: 'use' })
    return null
  }
  if (check.kind === 'upper-case') {
    const state = `the host ${quote(text)} has upper case, which the API server refuses; write ${check.host}`
    report(field, 'HOST_INVALID', state)
  }
  return check.host
}
