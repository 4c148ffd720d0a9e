/** What is said of ConfigMap keys that have no effect. */
import { closestName } from '../../base/edit-distance.ts'
import { describeObject, originOfKey } from '../../kube/meta.ts'
import type { ConfigMap } from '../../kube/objects.ts'
import { configKeyNames, findConfigKey } from '../annotations/config-keys.ts'
import type { Report } from '../report.ts'

/** @param key one that nobody reads. @param value without spaces around it */
export function remarkUnreadKey(configMap: ConfigMap, key: string, value: string, report: Report): void {
  const origin = originOfKey(configMap, 'data', key)
  const begin = `Cannot use ${key} of ${describeObject(configMap)}:`
  const row = findConfigKey(key)
  if (row === undefined) {
    const close = closestName(key, configKeyNames())
    const advice = close === null ? 'accepted are the keys of its ConfigMap documentation' : `did you mean ${close}?`
    report('CONFIG_KEY_UNKNOWN', `${begin} ingress-nginx has no such setting; ${advice}`, origin)
    return
  }
  // What holds without the key is what is asked for.
  if (value === '' || value === row.initial) return
  if (row.refused !== '') report('CONFIG_KEY_REFUSED', `${begin} ${row.refused}`, origin)
  else if (row.idle === '') {
    report('CONFIG_KEY_UNSUPPORTED', `${begin} it has no effect in this version; remove it`, origin, 'warning')
  } else report('CONFIG_KEY_UNSUPPORTED', `${begin} ${row.idle}; remove it to be rid of this remark`, origin)
}
