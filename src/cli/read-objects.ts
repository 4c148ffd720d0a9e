/** Objects for a command that does not translate them into routes: from files, or from a cluster with what they refer to. */
import type { Finding } from '../base/finding.ts'
import { remarkUnreadKinds } from '../controller/unread.ts'
import { createSnapshot, type Snapshot } from '../kube/snapshot.ts'
import { trackReferences } from '../kube/tracked-snapshot.ts'
import { NODES, TARGET_GROUP_BINDINGS } from '../sources/cluster/resource.ts'
import { type ManifestFile, readManifests } from '../sources/files/read-manifests.ts'
import type { CommandIo } from './io.ts'
import { readCluster } from './read-cluster.ts'
import { checkSource, isCluster, type SourceFlags } from './source-flags.ts'
import { LINT_KINDS } from './translate-from.ts'

export interface ReadObjects {
  readonly snapshot: Snapshot
  /** Of reading. */
  readonly findings: readonly Finding[]
  /** Empty for a cluster. */
  readonly files: readonly ManifestFile[]
}

/**
 * @param name the command's, for messages
 * @param touch is called with the snapshot until it asks for no Secret or ConfigMap that was not read yet
 * @throws {UsageError} when it is not said what to read, or twice
 */
export async function readObjects(
  name: string,
  paths: readonly string[],
  flags: SourceFlags,
  io: CommandIo,
  touch: (snapshot: Snapshot) => void,
): Promise<ReadObjects> {
  checkSource(name, paths, flags)
  if (!isCluster(flags)) {
    const { objects, findings, files } = await readManifests(paths)
    return { snapshot: createSnapshot(objects), findings, files }
  }
  const kinds = [...LINT_KINDS, NODES, TARGET_GROUP_BINDINGS]
  return await readCluster(kinds, flags, io, async (reading) => {
    for (;;) {
      const snapshot = createSnapshot(reading.objects)
      const { secrets, configMaps, snapshot: tracked } = trackReferences(snapshot)
      touch(tracked)
      if (!(await reading.fetch({ secrets, configMaps, services: new Set() }))) continue
      const unread = remarkUnreadKinds(reading)
      return { result: { snapshot, findings: [...unread, ...reading.findings], files: [] }, unread }
    }
  })
}
