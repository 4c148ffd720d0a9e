/** ConfigurationStates, and Events about the objects of a configuration, as anybody who may read them sees them. */
import { pollUntil } from './poll.ts'
import type { TestCluster } from './test-cluster.ts'

interface RawState {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly status?: {
    readonly result?: string
    readonly errorSummary?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
  }
}

/** The state of that name, `null` while there is none. */
export async function readState(cluster: TestCluster, name: string): Promise<RawState | null> {
  const { items } = await cluster.api.get<{ readonly items: readonly RawState[] }>(
    '/apis/metallb.io/v1beta1/namespaces/metallb-system/configurationstates',
  )
  return items.find(({ metadata }) => metadata.name === name) ?? null
}

/** Waits until a state says so. @returns its conditions as `type status reason`, and its summary */
export async function untilState(
  cluster: TestCluster,
  name: string,
  result: 'Valid' | 'Invalid' | 'Unknown',
): Promise<{ readonly conditions: readonly string[]; readonly summary: string }> {
  let found: RawState | null = null
  await pollUntil(async () => {
    found = await readState(cluster, name)
    return found?.status?.result === result
  }, `ConfigurationState ${name} is ${result}`)
  const { conditions = [], errorSummary = '' } = (found as RawState | null)?.status ?? {}
  return {
    conditions: conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    summary: errorSummary,
  }
}

/** Events about an object of the configuration, as `reason xCOUNT`. */
export async function eventsAbout(cluster: TestCluster, kind: string, name: string): Promise<readonly string[]> {
  const selector = encodeURIComponent(`involvedObject.kind=${kind},involvedObject.name=${name}`)
  const { items } = await cluster.api.get<{
    readonly items: readonly { readonly reason: string; readonly count?: number }[]
  }>(`/api/v1/namespaces/metallb-system/events?fieldSelector=${selector}`)
  return items.map(({ reason, count }) => `${reason} x${count}`).sort()
}
