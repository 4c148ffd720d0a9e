/** What is translated step by step is always what is translated as a whole: over every golden input, each object changed. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { suite, test } from 'node:test'
import { IncrementalTranslator } from '../../src/dialects/incremental/incremental-translator.ts'
import { translate } from '../../src/dialects/translate.ts'
import type { TranslateOptions, Translation } from '../../src/dialects/translation.ts'
import { describeObject } from '../../src/kube/meta.ts'
import type { AnyObject } from '../../src/kube/objects.ts'
import { createSnapshot } from '../../src/kube/snapshot.ts'
import { SnapshotKeeper } from '../../src/kube/snapshot-keeper.ts'
import { readContent } from '../../src/sources/files/file-content.ts'

const OPTIONS: TranslateOptions = {
  classes: [],
  configMap: '',
  defaultBackendService: '',
  nowMs: Date.UTC(2026, 0, 1),
  endpoints: { override: () => null, simulate: () => null },
}

/** Forms that an object may take next; each a new object. */
function variantsOf(object: AnyObject, others: readonly AnyObject[]): readonly AnyObject[] {
  const variants: AnyObject[] = [{ ...object }]
  const withAnnotations = (annotations: Record<string, string>): AnyObject => ({
    ...object,
    meta: { ...object.meta, annotations },
  })
  if (object.kind === 'Ingress') {
    variants.push(withAnnotations({}))
    for (const other of others) {
      if (other.kind !== 'Ingress' || other === object) continue
      variants.push(withAnnotations({ ...other.meta.annotations }), { ...object, spec: other.spec })
      break
    }
    const { rules, tls } = object.spec
    variants.push(
      { ...object, spec: { ...object.spec, rules: rules.slice(1) } },
      { ...object, spec: { ...object.spec, tls: tls.slice(1) } },
      { ...object, spec: { ...object.spec, rules: rules.map((rule) => ({ ...rule, paths: rule.paths.slice(1) })) } },
      withAnnotations({ ...object.meta.annotations, 'nginx.ingress.kubernetes.io/proxy-body-size': '7m' }),
      withAnnotations({ ...object.meta.annotations, 'nginx.ingress.kubernetes.io/server-alias': 'alias.example' }),
      withAnnotations({ ...object.meta.annotations, 'nginx.ingress.kubernetes.io/load-balance': 'ewma' }),
    )
  }
  if (object.kind === 'EndpointSlice' || object.kind === 'Endpoints') {
    variants.push(
      { ...object, endpoints: [] },
      { ...object, endpoints: object.endpoints.map((endpoint) => ({ ...endpoint, addresses: ['192.0.2.77'] })) },
    )
  }
  if (object.kind === 'Service') {
    variants.push({ ...object, spec: { ...object.spec, ports: object.spec.ports.slice(1) } })
    variants.push({ ...object, spec: { ...object.spec, type: 'ExternalName', externalName: 'elsewhere.example' } })
  }
  if (object.kind === 'Secret') {
    variants.push({ ...object, data: {} })
    const other = others.find((one) => one.kind === 'Secret' && one !== object && one.type === object.type)
    if (other?.kind === 'Secret') variants.push({ ...object, data: other.data })
  }
  if (object.kind === 'ConfigMap') variants.push({ ...object, data: {} })
  return variants
}

/** Objects know where they were read with functions. */
function plain({ served, ...others }: Translation): object {
  return { ...others, served: served.map(describeObject) }
}

suite('translated step by step', () => {
  for (const input of globSync(new URL('ingress/*.in.yaml', import.meta.url).pathname).toSorted()) {
    test(basename(input, '.in.yaml'), () => {
      const { objects } = readContent(readFileSync(input, 'utf8'), basename(input), 0)
      const keeper = new SnapshotKeeper()
      const translator = new IncrementalTranslator()
      // As if many more shared their Services with those that change.
      const sparing = new IncrementalTranslator(1)
      let current = [
        ...new Map(objects.map((one) => [`${one.kind}/${one.meta.namespace}/${one.meta.name}`, one])).values(),
      ]
      const step = (next: AnyObject[], what: string): void => {
        current = next
        const { snapshot, changes } = keeper.update(current)
        const { translation: stepped } = translator.translate(snapshot, OPTIONS, changes, true)
        const { translation: sparingly } = sparing.translate(snapshot, OPTIONS, changes, true)
        assert.deepEqual(plain(sparingly), plain(stepped), `${what}, with few affected`)
        assert.deepEqual(plain(stepped), plain(translate(createSnapshot(current), OPTIONS)), what)
      }
      step(current, 'the first')
      // All that there is, one after the other, from the last to the first and back.
      const all = current
      for (let count = all.length; count > 0; count--) step(all.slice(0, count - 1), `${count - 1} of ${all.length}`)
      for (let count = 1; count <= all.length; count++) step(all.slice(0, count), `${count} of ${all.length}`)
      for (const [index, object] of current.entries()) {
        for (const [at, variant] of variantsOf(object, current).entries()) {
          const what = `${object.kind} ${object.meta.name}, variant ${at}`
          step(current.toSpliced(index, 1, variant), what)
        }
        step(current.toSpliced(index, 1, object), `${object.kind} ${object.meta.name} as it was`)
        step(current.toSpliced(index, 1), `${object.kind} ${object.meta.name} gone`)
        step(current.toSpliced(index, 0, object), `${object.kind} ${object.meta.name} back`)
      }
    })
  }
})
