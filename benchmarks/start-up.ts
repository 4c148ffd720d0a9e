/** How long a newcomer waits: the quick start to its ready line, and `lint` over a thousand Ingresses. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startGenkan } from '../test/support/genkan.ts'
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Milliseconds from the start of the process to the ready line. */
export async function measureQuickStart(): Promise<number> {
  const genkan = await startGenkan([`${ROOT}examples/quickstart`, '--access-log=off'])
  await genkan.stop()
  return genkan.startMs
}

/** Milliseconds of `genkan lint` over `count` Ingresses with a Service each. */
export async function measureLint(folder: TemporaryFolder, count: number): Promise<number> {
  const path = folder.file(`lint-${count}`)
  mkdirSync(path, { recursive: true })
  writeFileSync(
    `${path}/many.yaml`,
    Array.from({ length: count }, (_, index) => ingressAndService(index)).join('---\n'),
  )
  const startedMs = performance.now()
  await new Promise<void>((resolve, reject) => {
    execFile(
      process.execPath,
      [`${ROOT}bin/genkan.js`, 'lint', path],
      { timeout: 60_000, maxBuffer: 64 << 20 },
      (error) => {
        // Exit code 1 means findings, which these manifests may well have.
        if (error === null || error.code === 1) resolve()
        else reject(new Error(`Cannot measure lint: ${error.message}`, { cause: error }))
      },
    )
  })
  return performance.now() - startedMs
}

function ingressAndService(index: number): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web-${index}
  namespace: team-${index % 20}
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
    nginx.ingress.kubernetes.io/proxy-read-timeout: "120"
spec:
  ingressClassName: nginx
  rules:
    - host: web-${index}.example
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web-${index}, port: { number: 80 } } } }
          - { path: /api, pathType: Prefix, backend: { service: { name: web-${index}, port: { name: http } } } }
---
apiVersion: v1
kind: Service
metadata: { name: web-${index}, namespace: team-${index % 20} }
spec:
  type: ExternalName
  externalName: web-${index}.upstream.example
  ports: [{ name: http, port: 80 }]
`
}
