/** ConfigMaps whose keys are header names and whose values are header values. */
import type { Origin } from '../../base/finding.ts'
import { describeObject, originOfKey } from '../../kube/meta.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { compileTemplate, TEMPLATE_VARIABLES } from '../../routing/request-template.ts'
import type { Report } from '../report.ts'
import { FRAMING_HEADERS, isHeaderName, isHeaderValue } from './header-values.ts'

export interface HeaderMapContext {
  readonly snapshot: Snapshot
  readonly report: Report
  /** Origin of a key of the settings ConfigMap. */
  readonly originOf: (key: string) => Origin
}

/**
 * Reads the ConfigMap that a key of the settings names. Entries that no message can carry are left out, with findings.
 *
 * @param reference `namespace/name`
 * @returns sorted by name; `null` when there is nothing to set
 */
export function readHeaderMap(
  key: 'add-headers' | 'proxy-set-headers',
  reference: string,
  { snapshot, report, originOf }: HeaderMapContext,
): readonly { readonly name: string; readonly value: string }[] | null {
  const slash = reference.indexOf('/')
  const configMap = snapshot.configMap(reference.slice(0, slash), reference.slice(slash + 1))
  if (configMap === undefined) {
    report(
      'CONFIG_MAP_NOT_FOUND',
      `Cannot read headers from ConfigMap ${reference}: it does not exist; ${key} sets none until it does`,
      originOf(key),
      undefined,
      `ConfigMap ${reference}`,
    )
    return null
  }
  const out: { name: string; value: string }[] = []
  for (const name of Object.keys(configMap.data).sort()) {
    const value = (configMap.data[name] ?? '').trim()
    const state = fault(key, name, value)
    if (state === null) out.push({ name, value })
    else {
      report(
        'CONFIG_VALUE',
        `Cannot set header ${JSON.stringify(name)} of ${describeObject(configMap)}: ${state}`,
        originOfKey(configMap, 'data', name),
      )
    }
  }
  return out.length === 0 ? null : out
}

function fault(key: string, name: string, value: string): string | null {
  if (!isHeaderName(name)) return 'it is no header name; accepted are letters, digits and -'
  if (FRAMING_HEADERS.has(name.toLowerCase())) return 'the proxy itself writes it; remove it'
  if (!isHeaderValue(value)) return 'its value is not one line of plain characters; accepted is one such line'
  if (key !== 'proxy-set-headers') return null
  const template = compileTemplate(value)
  return template.ok ? null : `there is no variable $${template.unknown}; accepted are ${TEMPLATE_VARIABLES}`
}
