/** Writes the IAM policy of Genkan's role. Usage: node scripts/iam-policy.ts [--cluster NAME] [--partition NAME] [--adopt] [--write] */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  createIamPolicy,
  formatIamPolicy,
  LARGEST_MANAGED_POLICY,
  policySize,
} from '../src/aws/deploy/sdk/iam-policy.ts'

const USAGE = `Usage: node scripts/iam-policy.ts [options]
Prints the IAM policy that Genkan's role needs.
  --cluster NAME    only resources of this cluster
  --partition NAME  aws (default), aws-cn or aws-us-gov
  --adopt           may put the cluster's tag on what lacks it, to take over what older controllers made
  --write           write deploy/aws/iam-policy.json (the policy without options) instead of printing
`

const { values } = parseArgs({
  options: {
    cluster: { type: 'string' },
    partition: { type: 'string', default: 'aws' },
    adopt: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const policy = createIamPolicy({
  partition: values.partition,
  mayAdopt: values.adopt,
  ...(values.cluster === undefined ? {} : { clusterName: values.cluster }),
})
if (values.help) process.stdout.write(USAGE)
else if (values.write) {
  const file = join(import.meta.dirname, '..', 'deploy', 'aws', 'iam-policy.json')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, formatIamPolicy(createIamPolicy({ partition: 'aws', mayAdopt: false })))
} else {
  process.stdout.write(formatIamPolicy(policy))
  const size = policySize(policy)
  if (size > LARGEST_MANAGED_POLICY) {
    process.stderr.write(
      `${size} characters: too many for a managed policy (${LARGEST_MANAGED_POLICY}); make it an inline one\n`,
    )
  }
}
