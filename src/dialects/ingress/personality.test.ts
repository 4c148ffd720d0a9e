import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snapshotFromYaml } from '../../../test/support/snapshot-from-yaml.ts'
import { translate } from '../translate.ts'
import { OWN_CONTROLLER, personalityOf } from './personality.ts'

/** Paths of a host with an Exact and a Prefix path that end with a slash, under a class of this controller. */
function pathsUnder(controller: string): readonly string[] {
  const backend = '{ service: { name: web, port: { number: 80 } } }'
  const snapshot = snapshotFromYaml(`
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: front }
spec: { controller: ${controller} }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  ingressClassName: front
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /exact/, pathType: Exact, backend: ${backend} }
          - { path: /prefix/, pathType: Prefix, backend: ${backend} }
`)
  const { model } = translate(snapshot, {
    classes: [],
    configMap: '',
    defaultBackendService: '',
    nowMs: 0,
    endpoints: { override: () => null, simulate: () => null },
  })
  const routes = model.routes.hosts.flatMap((host) => host.routes)
  return routes.filter(({ id }) => id.includes('|slash|')).map(({ id }) => id.slice(id.lastIndexOf('|') + 1))
}

test("under ingress-nginx's controller a missing slash is mended as nginx does, also for Exact paths", () => {
  assert.deepEqual(pathsUnder('k8s.io/ingress-nginx').toSorted(), ['/exact', '/prefix'])
})

test('under our own controller an Exact path is exact, and the rest is as under ingress-nginx', () => {
  assert.deepEqual(pathsUnder(OWN_CONTROLLER), ['/prefix'])
  assert.equal(personalityOf(OWN_CONTROLLER, 'contour').name, 'nginx')
})
