/** What the admin server shows of the AWS controller: probes, findings, and metrics of calls and passes. */
import type { AdminSources } from '../../admin/sources.ts'
import { type ControllerView, createControllerAdmin } from '../controller-admin.ts'
import type { AwsState } from './aws-state.ts'

export interface AwsAdminOptions extends ControllerView {
  readonly state: AwsState
}

export function createAwsAdmin({ state, ...view }: AwsAdminOptions): AdminSources {
  return createControllerAdmin({
    ...view,
    state,
    *metrics() {
      yield formatCalls(state)
      yield formatPasses(state, view.leadership().isLeader)
    },
    applied: () => ({
      configVersion: state.passes,
      appliedAt: state.lastPassAtMs === 0 ? '' : new Date(state.lastPassAtMs).toISOString(),
    }),
    cannotExplain: 'Cannot explain: this program provisions load balancers and serves no requests; ask genkan plan',
  })
}

function formatCalls({ calls }: AwsState): string {
  const labels = (action: string, code: string): string => {
    const [service = '', operation = ''] = action.split(':')
    return `service="${service}",operation="${operation}",code="${code.replaceAll(/[\\"\n]/g, '_')}"`
  }
  return [
    '# HELP genkan_aws_calls_total Calls to AWS by outcome; code is empty where it worked.',
    '# TYPE genkan_aws_calls_total counter',
    ...calls.map(({ action, code, count }) => `genkan_aws_calls_total{${labels(action, code)}} ${count}`),
    '# HELP genkan_aws_call_seconds_total Time that calls to AWS took.',
    '# TYPE genkan_aws_call_seconds_total counter',
    ...calls.map(({ action, code, seconds }) => `genkan_aws_call_seconds_total{${labels(action, code)}} ${seconds}`),
    '',
  ].join('\n')
}

function formatPasses(state: AwsState, isLeader: boolean): string {
  const gauge = (name: string, help: string, value: number): readonly string[] => [
    `# HELP genkan_aws_${name} ${help}`,
    `# TYPE genkan_aws_${name} gauge`,
    `genkan_aws_${name} ${value}`,
  ]
  return [
    '# HELP genkan_aws_passes_total Looks at everything in AWS.',
    '# TYPE genkan_aws_passes_total counter',
    `genkan_aws_passes_total{result="done"} ${state.passes}`,
    `genkan_aws_passes_total{result="failed"} ${state.failedPasses}`,
    '# HELP genkan_aws_operations_total Planned operations.',
    '# TYPE genkan_aws_operations_total counter',
    ...[...state.operations].map(([verb, count]) => `genkan_aws_operations_total{verb="${verb}"} ${count}`),
    ...gauge('last_pass_timestamp_seconds', 'When the last pass ended.', state.lastPassAtMs / 1000),
    ...gauge('last_pass_seconds', 'How long the last pass took.', state.lastPassSeconds),
    ...gauge('settled', 'Whether AWS is as the cluster asks for.', state.isSettled ? 1 : 0),
    ...gauge('stacks', 'Stacks that the cluster asks for.', state.stacks),
    ...gauge('held_stacks', 'Stacks whose changes the guard against mass deletes holds back.', state.held),
    ...gauge('leader', 'Whether this replica writes.', isLeader ? 1 : 0),
    '',
  ].join('\n')
}
