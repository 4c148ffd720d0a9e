/** The chart as files. What Helm and an API server make of it is in test/cluster/deploy.test.ts. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Document, parse, parseAllDocuments } from 'yaml'
import { SECRET_NAME } from '../../src/controller/admission/own-certificate.ts'
import { CONFIG_KINDS, CONTROLLER_KINDS, SPEAKER_KINDS } from '../../src/controller/metal/followed-kinds.ts'
import { METAL_CONFIG_MAPS } from '../../src/dialects/metal/read-metal-config.ts'
import type { Resource } from '../../src/sources/cluster/resource.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CHART = join(ROOT, 'deploy/chart/genkan')

interface Rendered {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
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
  'genkan-metal.yaml': ['--metal'],
  'genkan-metal-webhook.yaml': ['--metal-webhook'],
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

test('bare metal asks for these rights and for no other', () => {
  const documents = parseAllDocuments(readFileSync(join(ROOT, 'deploy/manifests/genkan-metal.yaml'), 'utf8'))
  const rights = documents.flatMap((document) => {
    const { kind, metadata, rules = [] } = document.toJS() as Rendered
    const where = kind === 'ClusterRole' ? 'the cluster' : metadata.namespace
    return rules.map(
      ({ apiGroups, resources, resourceNames = [], verbs }) =>
        `${metadata.name} in ${where}: ${apiGroups.join()}/${resources.join()} [${resourceNames.join()}] ${verbs.join()}`,
    )
  })
  const config = namesOf(CONFIG_KINDS, 'metallb.io')
  const maps = METAL_CONFIG_MAPS.join()
  assert.deepEqual(rights, [
    'genkan-metal in the cluster: /services [] get,list,watch',
    'genkan-metal in the cluster: /services/status [] patch',
    'genkan-metal in the cluster: /namespaces [] list,watch',
    'genkan-metal in the cluster: /events [] get,list,create,patch',
    'genkan-speaker in the cluster: /services,nodes,namespaces [] list,watch',
    'genkan-speaker in the cluster: discovery.k8s.io/endpointslices [] list,watch',
    'genkan-speaker in the cluster: /events [] get,create,patch',
    `genkan-metal-configuration in metallb-system: metallb.io/${config} [] list,watch`,
    `genkan-metal-configuration in metallb-system: /configmaps [${maps}] get,list,watch`,
    'genkan-metal-configuration in metallb-system: metallb.io/ipaddresspools/status [] patch',
    'genkan-metal-configuration in metallb-system: metallb.io/configurationstates [] create',
    'genkan-metal-configuration in metallb-system: metallb.io/configurationstates [controller] get,list,watch,patch',
    'genkan-metal-configuration in metallb-system: metallb.io/configurationstates/status [controller] patch',
    'genkan-metal in genkan: coordination.k8s.io/leases [] create',
    'genkan-metal in genkan: coordination.k8s.io/leases [genkan-metal-leader] get,list,watch,update',
    `genkan-speaker-configuration in metallb-system: metallb.io/${config} [] list,watch`,
    `genkan-speaker-configuration in metallb-system: /configmaps [${maps}] get,list,watch`,
    'genkan-speaker-configuration in metallb-system: /secrets [] get,list,watch',
    'genkan-speaker-configuration in metallb-system: metallb.io/configurationstates [] get,list,watch,create,patch,delete',
    'genkan-speaker-configuration in metallb-system: metallb.io/configurationstates/status [] patch',
    'genkan-speaker in genkan: /secrets [genkan-heartbeat] get,patch',
    'genkan-speaker in genkan: metallb.io/servicel2statuses,servicebgpstatuses [] list,create,patch,delete',
    'genkan-speaker in genkan: metallb.io/servicel2statuses/status,servicebgpstatuses/status [] patch',
  ])
})

test('whatever of the cluster is followed on bare metal may be listed and watched', () => {
  const documents = parseAllDocuments(readFileSync(join(ROOT, 'deploy/manifests/genkan-metal.yaml'), 'utf8'))
  for (const [name, kinds] of Object.entries({ 'genkan-metal': CONTROLLER_KINDS, 'genkan-speaker': SPEAKER_KINDS })) {
    const role = documents
      .map((document) => document.toJS() as Rendered)
      .find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === name)
    for (const { resource } of kinds) {
      const rule = role?.rules?.find(({ resources }) => resources.includes(resource))
      assert.ok(rule?.verbs.includes('list') && rule.verbs.includes('watch'), `${name}: ${resource}`)
    }
  }
})

test('on bare metal the speaker has one capability and the network of its node, the controller neither', () => {
  const documents = parseAllDocuments(readFileSync(join(ROOT, 'deploy/manifests/genkan-metal.yaml'), 'utf8'))
  const podOf = (workload: string): Document => {
    const found = documents.find((document) => document.get('kind') === workload)
    return found?.getIn(['spec', 'template', 'spec']) as Document
  }
  const contextOf = (pod: Document): unknown => (pod.getIn(['containers', 0, 'securityContext']) as Document).toJSON()
  const speaker = podOf('DaemonSet')
  assert.equal(speaker.get('hostNetwork'), true)
  assert.deepEqual(contextOf(speaker), {
    runAsUser: 0,
    runAsGroup: 0,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
  })
  const controller = podOf('Deployment')
  assert.equal(controller.get('hostNetwork'), undefined)
  assert.deepEqual(contextOf(controller), {
    runAsNonRoot: true,
    runAsUser: 101,
    runAsGroup: 101,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('the webhook of bare metal is asked at the port that the controller is told, and only where there is a controller', () => {
  const folder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
  const render = (values: string): readonly Document[] => {
    const set = `--set=controller.enabled=false,metal.webhook.enabled=true,metal.webhook.port=8443,${values}`
    const args = ['template', 'home', CHART, '-n', 'edge', set]
    return parseAllDocuments(execFileSync(join(folder, 'helm'), args, { encoding: 'utf8' }))
  }
  const on = render('metal.enabled=true,metal.webhook.failurePolicy=Fail')
  const find = (kind: string, name: string): Document | undefined =>
    on.find((document) => document.get('kind') === kind && document.getIn(['metadata', 'name']) === name)
  const configuration = find('ValidatingWebhookConfiguration', 'home-genkan-metal')
  assert.equal(configuration?.getIn(['webhooks', 0, 'failurePolicy']), 'Fail')
  assert.equal(configuration.getIn(['webhooks', 0, 'clientConfig', 'service', 'name']), 'home-genkan-metal-webhook')
  assert.equal(find('Service', 'home-genkan-metal-webhook')?.getIn(['spec', 'ports', 0, 'targetPort']), 8443)
  const workload = find('Deployment', 'home-genkan-metal')
  const args = String(workload?.getIn(['spec', 'template', 'spec', 'containers', 0, 'args']))
  assert.match(args, /--validating-webhook=:8443/)
  assert.match(args, /--webhook-configuration=home-genkan-metal"?/)
  const kinds = render('metal.enabled=false,speaker.enabled=true').map((document) => document.get('kind'))
  assert.ok(!kinds.includes('ValidatingWebhookConfiguration') && !kinds.includes('Service'))
})

test('speaker and controller look at the same namespace and class unless the speaker is told otherwise', () => {
  const folder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
  const flags = (...values: readonly string[]): readonly string[] => {
    const set = `--set=controller.enabled=false,metal.enabled=true,speaker.enabled=true,${values.join(',')}`
    const text = execFileSync(join(folder, 'helm'), ['template', 'genkan', CHART, '-n', 'edge', set], {
      encoding: 'utf8',
    })
    return [...text.matchAll(/- (--(?:metal-namespace|lb-class)=.*)/g)].map(([, flag = '']) => flag)
  }
  const both = ['--lb-class=example.com/metal', '--metal-namespace=network']
  const given = flags('metal.namespace=network', 'metal.loadBalancerClass=example.com/metal')
  assert.deepEqual(given.toSorted(), [...both, ...both].toSorted())
  assert.deepEqual(flags('speaker.metalNamespace=other'), [
    '--metal-namespace=other',
    '--metal-namespace=metallb-system',
  ])
})

test('a key of heartbeats of one’s own is read and never written, and no Secret is made', () => {
  const folder = execFileSync('bash', [join(ROOT, 'scripts/build-helm.sh')], { encoding: 'utf8' }).trim()
  const set = '--set=controller.enabled=false,speaker.enabled=true,speaker.heartbeat.secret=beat'
  const text = execFileSync(join(folder, 'helm'), ['template', 'genkan', CHART, '-n', 'edge', set], {
    encoding: 'utf8',
  })
  assert.match(text, /- --heartbeat-key-secret=beat$/m)
  assert.doesNotMatch(text, /^kind: Secret$/m)
  const rules = parseAllDocuments(text).flatMap((document) => (document.toJS() as Rendered).rules ?? [])
  const ofKey = rules.filter(({ resourceNames = [] }) => resourceNames.includes('beat'))
  assert.deepEqual(
    ofKey.map(({ verbs }) => verbs),
    [['get']],
  )
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

/** Of kinds of one group, as rules name them. */
function namesOf(kinds: readonly Resource[], group: string): string {
  assert.ok(kinds.every(({ apiVersion }) => apiVersion.startsWith(`${group}/`)))
  return kinds.map(({ resource }) => resource).join()
}
