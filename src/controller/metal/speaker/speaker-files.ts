/** A speaker whose objects are in files: watched, and a broken file keeps its last good objects. */
import { compareFindings, type Finding } from '../../../base/finding.ts'
import { createSnapshot } from '../../../kube/snapshot.ts'
import { createFilesSource } from '../../../sources/files/files-source.ts'
import type { FilesState } from '../../../sources/files/merge-contents.ts'
import { readSpeakerInputs, type SpeakerInputs } from './speaker-inputs.ts'
import { startSpeakerMetrics } from './speaker-metrics-server.ts'
import { SpeakerMetrics } from './speaker-metrics.ts'
import type { SpeakerEvents, SpeakerOptions } from './speaker-options.ts'
import { Speaker } from './speaker.ts'

export interface RunningSpeaker {
  /** 0 = none. */
  readonly metricsPort: number
  /** Hands over first. */
  close(): Promise<void>
}

/** @param tell called with findings that were not there before */
export async function startFilesSpeaker(
  paths: readonly string[],
  options: SpeakerOptions,
  events: SpeakerEvents & { readonly findings: (findings: readonly Finding[]) => void },
): Promise<RunningSpeaker> {
  const metrics = new SpeakerMetrics(options.nodeName)
  const speaker = new Speaker(options, events, metrics)
  let told: ReadonlySet<string> = new Set()
  let before: SpeakerInputs | null = null
  const look = (state: FilesState): void => {
    const inputs = readSpeakerInputs(createSnapshot(state.objects), options, true, before)
    before = inputs
    speaker.update(inputs)
    metrics.configured([...state.findings, ...inputs.findings].some(({ severity }) => severity === 'error'))
    const refusals = [...inputs.refusals].map(([key, reason]) => `Cannot give Service ${key} an address: ${reason}`)
    const findings = [...state.findings, ...inputs.findings].sort(compareFindings)
    const texts = new Set([...findings.map((finding) => JSON.stringify(finding)), ...refusals])
    events.findings(findings.filter((finding) => !told.has(JSON.stringify(finding))))
    for (const refusal of refusals) if (!told.has(refusal)) events.problem(refusal)
    told = texts
  }
  const source = await createFilesSource(paths, { onChange: look })
  look(source.state)
  const server = await startSpeakerMetrics(() => speaker, metrics, options, events)
  return {
    metricsPort: server?.port ?? 0,
    async close() {
      source.close()
      await speaker.close()
      await server?.close()
    },
  }
}
