/** `genkan speaker` as a process: what it says, what it counts, and its end. */
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { SpeakerLine } from '../../../src/controller/metal/speaker/speaker-options.ts'
import { eventually } from './eventually.ts'

export const GENKAN = new URL('../../../bin/genkan.js', import.meta.url).pathname

export interface SpeakerProcess {
  readonly child: ChildProcess
  /** In the order in which it said them. */
  readonly lines: readonly SpeakerLine[]
  /** What it says to people. */
  readonly problems: readonly string[]
  /** Now, or when it comes. */
  told(pattern: RegExp): Promise<void>
  /** Its exit code; `null` = it was killed. */
  ended(): Promise<number | null>
}

/** @param child started with a pipe for both outputs */
export function watchSpeaker(child: ChildProcess): SpeakerProcess {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new TypeError('Cannot watch a speaker without its outputs')
  const lines: SpeakerLine[] = []
  const problems: string[] = []
  createInterface(stdout).on('line', (line) => lines.push(JSON.parse(line) as SpeakerLine))
  createInterface(stderr).on('line', (line) => problems.push(line))
  return {
    child,
    lines,
    problems,
    async told(pattern) {
      try {
        await eventually(String(pattern), () => problems.some((line) => pattern.test(line)))
      } catch (error) {
        throw new Error(`The speaker said only:\n${problems.join('\n')}`, { cause: error })
      }
    },
    async ended() {
      await eventually('its end', () => child.exitCode !== null || child.signalCode !== null)
      return child.exitCode
    },
  }
}

/**
 * Of the samples with that name and all these labels, the sum; `null` = there is none.
 *
 * @param text as `/metrics` gives it
 */
export function sampleOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | null {
  const samples = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
  return samples.length === 0 ? null : samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
