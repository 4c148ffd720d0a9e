/** Manifests of a Deployment of echo pods and its Service on port 8080, named `http`. */

export interface EchoApp {
  readonly name: string
  readonly namespace?: string
  readonly replicas?: number
  readonly ingress?: string
  /** Least pods that are ready during a rollout, and most above the wanted number. */
  readonly strategy?: { readonly maxUnavailable: number | string; readonly maxSurge: number | string }
}

export function formatEchoApp(app: EchoApp): string {
  const { name, namespace = 'default', replicas = 1, ingress = '', strategy } = app
  const metadata = { name, namespace }
  const selector = { app: name }
  const objects = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas,
        ...(strategy === undefined ? {} : { strategy: { type: 'RollingUpdate', rollingUpdate: strategy } }),
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: {
            terminationGracePeriodSeconds: 5,
            containers: [
              {
                name: 'echo',
                image: 'example/echo',
                ports: [{ containerPort: 3000 }],
                env: [
                  { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                  { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
                  { name: 'INGRESS_NAME', value: ingress },
                  { name: 'SERVICE_NAME', value: name },
                ],
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector, ports: [{ name: 'http', port: 8080, targetPort: 3000 }] },
    },
  ]
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}
