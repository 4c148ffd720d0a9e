/** Manifests as text to a Snapshot, for tests beside code that may not know of files. */
import { createSnapshot, type Snapshot } from '../../src/kube/snapshot.ts'
import { readContent } from '../../src/sources/files/file-content.ts'

/** Objects of one file named `test.yaml`; decoding remarks are dropped. */
export function snapshotFromYaml(text: string): Snapshot {
  return createSnapshot(readContent(text, 'test.yaml', 0).objects)
}
