/** The chart as files. What Helm and an API server make of it is in test/cluster/deploy.test.ts. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'

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
