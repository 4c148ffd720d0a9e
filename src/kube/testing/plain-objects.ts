/** For tests: objects with nothing more to them than a test says. */
import { Secret } from '../../base/secret.ts'
import type { ObjectMeta } from '../meta.ts'
import type { KubeSecret } from '../objects.ts'

/** In the namespace `shop`. */
export function metaOf(name: string, more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name,
    namespace: 'shop',
    uid: '',
    resourceVersion: '',
    creationTimestamp: '',
    labels: {},
    annotations: {},
    ...more,
  }
}

/** @param data texts are UTF-8 */
export function secretOf(name: string, data: Readonly<Record<string, string | Buffer>>, type = 'Opaque'): KubeSecret {
  const entries = Object.entries(data).map(([key, value]) => [key, new Secret(Buffer.from(value))] as const)
  return { kind: 'Secret', type, order: 0, data: Object.fromEntries(entries), meta: metaOf(name) }
}
