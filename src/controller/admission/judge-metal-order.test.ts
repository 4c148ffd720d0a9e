/** The webhook and the reader of the configuration say the same, in whatever order objects come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMetalConfig } from '../../dialects/metal/read-metal-config.ts'
import { ADVERTISEMENT_CONFIG_CASES } from '../../dialects/metal/testing/advertisement-cases.ts'
import { toRaw, toSnapshot } from '../../dialects/metal/testing/config-script.ts'
import { PEER_CONFIG_CASES } from '../../dialects/metal/testing/peer-cases.ts'
import { POOL_CONFIG_CASES } from '../../dialects/metal/testing/pool-cases.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../kube/objects.ts'
import { judgeMetal } from './judge-metal.ts'

interface RawObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace: string }
}

const TABLES = [...POOL_CONFIG_CASES, ...ADVERTISEMENT_CONFIG_CASES, ...PEER_CONFIG_CASES]

for (const order of ['written', 'reverse'] as const) {
  test(`of every configuration, created in ${order} order, something is refused just if it has mistakes`, async () => {
    for (const { name, objects: all } of TABLES) {
      // Nobody here reads Secrets, and ConfigMaps are not judged.
      const objects = all.filter((text) => !/^(?:Secret|legacy|ConfigMap)\s/.test(text))
      const stored: AnyObject[] = []
      const view = { namespace: 'metallb-system', read: () => Promise.resolve(stored) }
      const raws = objects.map((text) => toRaw(text) as RawObject)
      if (order === 'reverse') raws.reverse()
      const refusals: string[] = []
      for (const raw of raws) {
        const kind = raw.apiVersion === 'v1' ? `/v1/${raw.kind}` : `${raw.apiVersion}/${raw.kind}`
        const { namespace } = raw.metadata
        const request = { uid: '1', operation: 'CREATE', kind, namespace, object: raw, oldObject: null }
        const { message } = await judgeMetal(request, view)
        const { object } = decodeObject(raw, undefined, 0)
        if (message !== '') refusals.push(message)
        else if (object !== null) stored.push(object)
      }
      const { snapshot } = toSnapshot(objects)
      const { findings } = readMetalConfig(snapshot, { namespace: 'metallb-system' })
      const mistakes = [
        ...findings.filter(({ severity, absent, code }) => isMistake(severity, absent) || code === 'METAL_NAMESPACE'),
        ...raws.flatMap((raw) =>
          decodeObject(raw, undefined, 0).findings.filter(({ severity }) => severity === 'error'),
        ),
      ].map(({ message }) => message)
      assert.equal(refusals.length > 0, mistakes.length > 0, [name, ...refusals, ...mistakes].join('\n'))
    }
  })
}

function isMistake(severity: string, absent: string | undefined): boolean {
  return severity === 'error' && absent === undefined
}
