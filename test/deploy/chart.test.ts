/** The chart as files. What Helm and an API server make of it is in test/cluster/deploy.test.ts. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Document, parse, parseAllDocuments } from 'yaml'
import { SECRET_NAME } from '../../src/controller/admission/own-certificate.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CHART = join(ROOT, 'deploy/chart/genkan')

interface Rendered {
  readonly kind: string
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly resourceNames?: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

test('names that give no warning are those of values.yaml', () => {
  const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Record<string, unknown>
  const known = parse(readFileSync(join(CHART, 'known-values.yaml'), 'utf8')) as Record<string, readonly string[]>
  for (const [path, names] of Object.entries(known)) {
    let at: unknown = values
    if (path !== 'top') for (const part of path.split('.')) at = (at as Record<string, unknown>)[part]
    // Helm adds `global` itself.
    assert.deepEqual([...names], [...Object.keys(at as object), ...(path === 'top' ? ['global'] : [])], path)
  }
})

test('by default it asks for these rights and for no other', () => {
  const folder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
  const text = execFileSync(join(folder, 'helm'), ['template', 'genkan', CHART, '-n', 'genkan'], { encoding: 'utf8' })
  const rights = parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered)
    .flatMap(({ kind, rules = [] }) =>
      rules.map(
        ({ apiGroups, resources, resourceNames = [], verbs }) =>
          `${kind} ${apiGroups.join()}/${resources.join()} [${resourceNames.join()}] ${verbs.join()}`,
      ),
    )
  assert.deepEqual(rights, [
    'ClusterRole networking.k8s.io/ingressclasses [] list,watch',
    'ClusterRole networking.k8s.io/ingresses [] get,list,watch',
    'ClusterRole networking.k8s.io/ingresses/status [] patch',
    'ClusterRole /services [] list,watch',
    'ClusterRole discovery.k8s.io/endpointslices [] list,watch',
    'ClusterRole /secrets,configmaps [] get,list,watch',
    'ClusterRole /events [] get,list,create,patch',
    'Role /pods [] get,list',
    'Role coordination.k8s.io/leases [] create',
    'Role coordination.k8s.io/leases [genkan-leader] get,list,watch,update',
  ])
})

for (const [file, flags] of Object.entries({
  'genkan.yaml': [],
  'genkan-aws.yaml': ['--aws'],
  'genkan-speaker.yaml': ['--speaker'],
})) {
  test(`${file}, for clusters without Helm, is what the chart makes`, () => {
    const rendered = execFileSync('bash', [join(ROOT, 'scripts/render-manifests.sh'), ...flags], { encoding: 'utf8' })
    const written = readFileSync(join(ROOT, 'deploy/manifests', file), 'utf8')
    assert.equal(written, rendered, `run: bash scripts/render-manifests.sh ${[...flags, '--write'].join(' ')}`)
  })
}

test('for AWS it wants to be told cluster and region, and has its pods and rights to itself', () => {
  const folder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
  const args = ['template', 'genkan', CHART, '-n', 'genkan', '--set=aws.enabled=true']
  const helm = (...more: readonly string[]): string =>
    execFileSync(join(folder, 'helm'), [...args, ...more], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  assert.throws(() => helm('--set=aws.region=eu-west-1'), /clusterName/)
  assert.throws(() => helm('--set=aws.clusterName=demo'), /region/)
  const documents = parseAllDocuments(helm('--set=aws.clusterName=demo,aws.region=eu-west-1'))
  const workloads = documents.filter((document) => document.get('kind') === 'Deployment')
  const spec = ['spec', 'template', 'spec', 'serviceAccountName']
  const accounts = workloads.map((document) => String(document.getIn(spec)))
  assert.deepEqual(new Set(accounts), new Set(['genkan', 'genkan-aws']))
  const selectors = workloads.map((document) => document.getIn(['spec', 'selector', 'matchLabels'])?.toString())
  assert.notEqual(selectors[0], selectors[1])
  const webhooks = documents.filter((document) => document.get('kind') === 'MutatingWebhookConfiguration')
  assert.equal(webhooks.length, 0)
})

test('the speaker has one capability, the network of its node, and reads but its own records', () => {
  const file = readFileSync(join(ROOT, 'deploy/manifests/genkan-speaker.yaml'), 'utf8')
  const documents = parseAllDocuments(file)
  const workload = documents.find((document) => document.get('kind') === 'DaemonSet')
  const pod = ['spec', 'template', 'spec']
  assert.equal(workload?.getIn([...pod, 'hostNetwork']), true)
  const context = workload?.getIn([...pod, 'containers', 0, 'securityContext', 'capabilities']) as Document
  assert.deepEqual(context.toJSON(), { drop: ['ALL'], add: ['NET_RAW'] })
  const roles = documents.filter((document) => document.get('kind') === 'ClusterRole')
  const verbs = roles.flatMap((role) => (role.toJS() as { rules: { resources: string[]; verbs: string[] }[] }).rules)
  for (const rule of verbs) {
    if (!rule.resources.includes('events'))
      assert.ok(rule.verbs.every((verb) => ['get', 'list', 'watch'].includes(verb)))
  }
})

test('probes ask for life and readiness at their own paths', () => {
  const file = readFileSync(join(ROOT, 'deploy/manifests/genkan.yaml'), 'utf8')
  const documents = parseAllDocuments(file)
  const workload = documents.find((document) => document.get('kind') === 'Deployment')
  const container = ['spec', 'template', 'spec', 'containers', 0]
  assert.equal(workload?.getIn([...container, 'livenessProbe', 'httpGet', 'path']), '/livez')
  assert.equal(workload?.getIn([...container, 'readinessProbe', 'httpGet', 'path']), '/readyz')
})

test('a read-only root file system comes with a folder for the sockets of workers', () => {
  const file = readFileSync(join(ROOT, 'deploy/manifests/genkan.yaml'), 'utf8')
  const workload = parseAllDocuments(file).find((document) => document.get('kind') === 'Deployment')
  const pod = workload?.getIn(['spec', 'template', 'spec']) as Document
  assert.equal(pod.getIn(['containers', 0, 'securityContext', 'readOnlyRootFilesystem']), true)
  assert.equal(pod.getIn(['containers', 0, 'volumeMounts', 0, 'mountPath']), '/tmp')
  assert.equal(pod.getIn(['volumes', 0, 'name']), pod.getIn(['containers', 0, 'volumeMounts', 0, 'name']))
})

test('with the webhook, the flag, the configuration and the rights name the same objects as the program', () => {
  const folder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
  const args = ['template', 'genkan', CHART, '-n', 'genkan', '--set=controller.admissionWebhooks.enabled=true']
  const documents = parseAllDocuments(execFileSync(join(folder, 'helm'), args, { encoding: 'utf8' }))
  const configuration = documents.find((document) => document.get('kind') === 'ValidatingWebhookConfiguration')
  const name = String(configuration?.getIn(['metadata', 'name']))
  const workload = documents.find((document) => document.get('kind') === 'Deployment')
  const flags = String(workload?.getIn(['spec', 'template', 'spec', 'containers', 0, 'args']))
  assert.ok(flags.includes(`"--webhook-configuration=${name}"`), flags)
  assert.ok(flags.includes('"--validating-webhook=:8443"'), flags)
  const rights = documents
    .map((document) => document.toJS() as Rendered)
    .flatMap(({ rules = [] }) => rules)
    .filter(({ resourceNames = [] }) => resourceNames.includes(name) || resourceNames.includes(SECRET_NAME))
  assert.deepEqual(
    rights.map(({ verbs }) => verbs),
    [
      ['get', 'update'],
      ['get', 'update'],
    ],
  )
})
