/** A Snapshot that remembers which Secrets and ConfigMaps it was asked for, so that a source reads those and no others. */
import type { Snapshot } from './snapshot.ts'

export interface TrackedSnapshot {
  readonly snapshot: Snapshot
  /** `namespace/name` of what was asked for so far, also of what does not exist. */
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
}

export function trackReferences(of: Snapshot): TrackedSnapshot {
  const secrets = new Set<string>()
  const configMaps = new Set<string>()
  return {
    secrets,
    configMaps,
    snapshot: {
      ...of,
      secret(namespace, name) {
        secrets.add(`${namespace}/${name}`)
        return of.secret(namespace, name)
      },
      configMap(namespace, name) {
        configMaps.add(`${namespace}/${name}`)
        return of.configMap(namespace, name)
      },
    },
  }
}
