import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClusterHandle, compileRoutes, findHost } from './compile.ts'
import { NOT_FOUND_NGINX } from './defaults.ts'
import { HostMemo } from './host-memo.ts'
import type { VirtualHost } from './model.ts'
import { forwardRoute, hostWith } from './testing/forward-route.ts'

const hostTo = (host: string, backendId: string): VirtualHost => hostWith(host, forwardRoute({ backendId }))

test('a host that is the same object, with the same backends behind it, is compiled once', () => {
  const memo = new HostMemo<ClusterHandle>()
  const backends = new Map<string, ClusterHandle>()
  const put = (id: string): void => void backends.set(id, { id, isAvailable: () => true })
  put('one')
  const [a, b] = [hostTo('a', 'one'), hostTo('b', 'two')]
  const compile = (...hosts: readonly VirtualHost[]) => {
    const lookup = (id: string): ClusterHandle | null => backends.get(id) ?? null
    const table = compileRoutes({ hosts, fallback: { notFound: NOT_FOUND_NGINX } }, lookup, () => [], 443, memo)
    return (host: string) => findHost(table, host, 'http')
  }
  const first = compile(a, b)
  const changed = compile(a, hostTo('b', 'two'))
  assert.equal(changed('a'), first('a'))
  assert.notEqual(changed('b'), first('b'))

  assert.equal(first('b')?.routes[0]?.cluster, null)
  put('two')
  const known = compile(a, b)
  assert.equal(known('a'), first('a'))
  assert.equal(known('b')?.routes[0]?.cluster, backends.get('two'), 'a backend that came is seen')
  put('two')
  assert.equal(compile(a, b)('b')?.routes[0]?.cluster, backends.get('two'), 'and so is one that went and came back')
})
