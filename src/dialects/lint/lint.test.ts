import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snapshotFromYaml } from '../../../test/support/snapshot-from-yaml.ts'
import { lint } from './lint.ts'

/** `CODE line` of each finding, and the messages for a closer look. */
function lintText(text: string): { readonly places: readonly string[]; readonly messages: string } {
  const findings = lint(snapshotFromYaml(text))
  return {
    places: findings.map(({ code, origin }) => `${code} ${origin.line}`),
    messages: findings.map(({ message }) => message).join('\n'),
  }
}

test('sound manifests have no findings', () => {
  const { places } = lintText(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/ssl-redirect: "true"}}
spec:
  ingressClassName: nginx
  rules:
    - host: a.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{name: web, containerPort: 8080}]}]}
`)
  assert.deepEqual(places, [])
})

const ALB_SEED = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: my-ingress
  namespace: app
  annotations:
    kubernetes.io/ingress.class: alb
    alb.ingress.kubernetes.io/scheme: internet-facing
    alb.ingress.kubernetes.io/listen-ports: '[{"HTTP": 80}, {"HTTPS":443}]'
    alb.ingress.kubernetes.io/certificate-arn: arn:aws:acm:region:account-id:certificate/certificate-id
    alb.ingress.kubernetes.io/actions.ssl-redirect: '{"Type": "redirect", "RedirectConfig": { "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}'
spec:
  rules:
    - http:
        paths:
          - path: /path1
            pathType: Prefix
            backend:
              service:
                name: my-service-80
                port:
                  number: 80
---
apiVersion: v1
kind: Service
metadata:
  name: my-service-80
  namespace: app
  annotations:
    alb.ingress.kubernetes.io/healthcheck-path/: '/api/health'
    alb-ingress.kubernetes.io/target-type: ip
spec:
  selector:
    app: my-app
    tier: backend
  ports:
    - protocol: TCP
      port: 80
      targetPort: 9376
`

test('an ALB with a forgotten redirect path, misspelt annotations and no NodePort is told so, line by line', () => {
  const { places, messages } = lintText(ALB_SEED)
  assert.deepEqual(places, [
    'ACTION_UNUSED 11',
    'ALB_NEEDS_NODE_PORT 20',
    'ANNOTATION_UNKNOWN 30',
    'ANNOTATION_UNKNOWN 31',
  ])
  assert.match(messages, /alb\.ingress\.kubernetes\.io\/target-type: ip/)
})

test('target-type ip on the Service or the Ingress, or a NodePort Service, satisfies an ALB', () => {
  const onService = ALB_SEED.replace('alb-ingress.kubernetes.io', 'alb.ingress.kubernetes.io')
  const onIngress = ALB_SEED.replace('scheme: internet-facing', 'target-type: ip')
  const nodePort = ALB_SEED.replace('  selector:\n', '  type: NodePort\n  selector:\n')
  for (const text of [onService, onIngress, nodePort]) {
    assert.ok(!lintText(text).places.some((place) => place.startsWith('ALB_NEEDS_NODE_PORT')))
  }
})

test('the class of an ALB may come from an IngressClass of any name, and one named alb may be somebody else’s', () => {
  const classed = (name: string, controller: string) => `${ALB_SEED}---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ${name}}
spec: {controller: ${controller}}
`
  const needsNodePort = (text: string) => lintText(text).places.some((place) => place.startsWith('ALB_NEEDS_NODE_PORT'))
  const web = classed('web', 'ingress.k8s.aws/alb').replace('ingress.class: alb', 'ingress.class: web')
  assert.equal(needsNodePort(web), true)
  assert.equal(needsNodePort(classed('alb', 'example.com/other')), false)
})

function albIngress(annotations: readonly string[], backends: readonly string[], kind = ''): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    kubernetes.io/ingress.class: alb
${annotations.map((line) => `    alb.ingress.kubernetes.io/${line}\n`).join('')}spec:
  rules:
    - http:
        paths:
${backends.map((backend, index) => `          - {path: /${index}, pathType: Prefix, backend: {service: ${backend}}}\n`).join('')}${kind}`
}

const REDIRECT = `'{"type":"redirect","redirectConfig":{"protocol":"HTTPS","port":"443","statusCode":"HTTP_301"}}'`
const USES_REDIRECT = '{name: ssl-redirect, port: {name: use-annotation}}'

test('an action that a path uses is fine on both listeners', () => {
  const text = albIngress(
    [`actions.ssl-redirect: ${REDIRECT}`, `listen-ports: '[{"HTTP":80,"HTTPS":443}]'`],
    [USES_REDIRECT],
  )
  assert.deepEqual(lintText(text).places, [])
})

test('a redirect to HTTPS needs an HTTPS listener on its port', () => {
  const withPorts = (ports: string) =>
    lintText(albIngress([`actions.ssl-redirect: ${REDIRECT}`, `listen-ports: '${ports}'`], [USES_REDIRECT])).places
  assert.deepEqual(withPorts('[{"HTTP":80}]'), ['ALB_REDIRECT_WITHOUT_HTTPS 7'])
  assert.deepEqual(withPorts('[{"HTTP":80},{"HTTPS":8443}]'), ['ALB_REDIRECT_WITHOUT_HTTPS 7'])
  assert.deepEqual(lintText(albIngress([`actions.ssl-redirect: ${REDIRECT}`], [USES_REDIRECT])).places, [
    'ALB_REDIRECT_WITHOUT_HTTPS 7',
  ])
  assert.deepEqual(lintText(albIngress(["ssl-redirect: '443'"], [])).places, ['ALB_REDIRECT_WITHOUT_HTTPS 7'])
})

test('a redirect to another host may be served elsewhere', () => {
  const action = REDIRECT.replace('"port"', '"host":"b.example.com","port"')
  assert.deepEqual(lintText(albIngress([`actions.ssl-redirect: ${action}`], [USES_REDIRECT])).places, [])
})

test('members of a group share their listeners', () => {
  const group = albIngress(["ssl-redirect: '443'", 'group.name: shared'], [])
  const other = albIngress(['group.name: shared', `listen-ports: '[{"HTTPS":443}]'`], []).replace('web', 'other')
  assert.deepEqual(lintText(`${group}---\n${other}`).places, [])
})

test('a certificate without listen-ports takes port 80 away', () => {
  const { places, messages } = lintText(albIngress(['certificate-arn: arn:aws:acm:eu-west-1:1:certificate/a'], []))
  assert.deepEqual(places, ['ALB_HTTP_NOT_LISTENED 7'])
  assert.match(messages, /\{"HTTP": 80\}/)
})

test('a path that uses an action which is not annotated is told the near one', () => {
  const text = albIngress(
    [`actions.ssl-redirect: ${REDIRECT}`, `listen-ports: '[{"HTTPS":443}]'`],
    ['{name: ssl-redirct, port: {name: use-annotation}}'],
  )
  const { places, messages } = lintText(text)
  assert.deepEqual(places, ['ACTION_UNUSED 7', 'ACTION_NOT_FOUND 13'])
  assert.match(messages, /did you mean the action ssl-redirect/)
})

test('a path that names an action with a port number is told the port name', () => {
  const text = albIngress(
    [`actions.ssl-redirect: ${REDIRECT}`, `listen-ports: '[{"HTTPS":443}]'`],
    ['{name: ssl-redirect, port: {number: 443}}'],
  )
  assert.match(
    lintText(text).messages,
    /paths\[0\]\.backend\.service\.port\.number, write the port name use-annotation/,
  )
})

test('conditions of a backend that no path has are told the near one', () => {
  const text = albIngress(
    [`conditions.wbe: '[{"field":"source-ip","sourceIpConfig":{"values":["10.0.0.0/8"]}}]'`],
    ['{name: web, port: {number: 80}}'],
  )
  const { places, messages } = lintText(text)
  assert.deepEqual(places, ['ACTION_UNUSED 7'])
  assert.match(messages, /did you mean conditions\.web/)
})

test('a forward action has to name Services and ports that exist', () => {
  const action = (service: string, port: number) =>
    `actions.f: '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"${service}","servicePort":${port}}]}}'`
  const service =
    '---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, targetPort: 9376}]}\n'
  const uses = ['{name: f, port: {name: use-annotation}}']
  assert.deepEqual(lintText(albIngress([action('web', 80)], uses, service)).places, [])
  assert.deepEqual(lintText(albIngress([action('wbe', 80)], uses, service)).places, ['SERVICE_NOT_FOUND 7'])
  const port = lintText(albIngress([action('web', 9376)], uses, service))
  assert.deepEqual(port.places, ['SERVICE_PORT_NOT_FOUND 7'])
  assert.match(port.messages, /did you mean 80/)
})

test('a health check port is a port name of the Service', () => {
  const service = (name: string, target: string) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{name: ${name}, port: 80, targetPort: ${target}}]}\n`
  const web = ['{name: web, port: {number: 80}}']
  assert.deepEqual(lintText(albIngress(['healthcheck-port: http'], web, service('http', '8080'))).places, [])
  const miss = lintText(albIngress(['healthcheck-port: htpp'], web, service('http', '8080')))
  assert.deepEqual(miss.places, ['ANNOTATION_VALUE 7'])
  assert.match(miss.messages, /did you mean http/)
  const named = albIngress(['healthcheck-port: http', 'target-type: ip'], web, service('http', 'web'))
  assert.deepEqual(lintText(named).places, ['ANNOTATION_VALUE 7'])
})

function service(name: string, spec: string, annotations = '{}', namespace = 'default'): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
  annotations: ${annotations}
spec: ${spec}
`
}

function deployment(name: string, labels: string, ports = '[]', namespace = 'default'): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: ${labels}}
  template:
    metadata: {labels: ${labels}}
    spec: {containers: [{name: c, image: i, ports: ${ports}}]}
`
}

test('a range in aws-load-balancer-internal is no restriction, placeholders included', () => {
  for (const value of ['0.0.0.0/0', '10.0.0.0/8', 'xx.xx.xx.xx/xx', '10.0.0.1', '::/0']) {
    const annotations = `{service.beta.kubernetes.io/aws-load-balancer-internal: "${value}"}`
    const { places, messages } = lintText(service('web', '{type: LoadBalancer, ports: [{port: 80}]}', annotations))
    assert.deepEqual(places, ['NLB_INTERNAL_IS_NOT_A_RANGE 6'], value)
    assert.match(messages, /loadBalancerSourceRanges/)
  }
  const plain = '{service.beta.kubernetes.io/aws-load-balancer-internal: "true"}'
  assert.deepEqual(lintText(service('web', '{type: LoadBalancer, ports: [{port: 80}]}', plain)).places, [])
})

test('a selector without pods is told the nearest pod template', () => {
  const text =
    service('web', '{selector: {app: web, tier: front}, ports: [{port: 80}]}') +
    deployment('web', '{app: webb, tier: front}')
  const { places, messages } = lintText(text)
  assert.deepEqual(places, ['SERVICE_SELECTS_NOTHING 7'])
  assert.match(messages, /Deployment default\/web, which has app=webb/)
  assert.match(messages, /, or give genkan dev --backend default\/web=HOST:PORT for one that runs elsewhere/)
})

test('a selector whose pods are in another namespace is told so', () => {
  const text =
    service('web', '{selector: {app: web}, ports: [{port: 80}]}', '{}', 'app') + deployment('web', '{app: web}')
  assert.match(lintText(text).messages, /Deployment default\/web has them, but a Service selects in its own namespace/)
})

test('selectors are not judged without pods in the manifests, with endpoints by hand, or without a selector', () => {
  const selecting = service('web', '{selector: {app: web}, ports: [{port: 80}]}')
  assert.deepEqual(lintText(selecting).places, [])
  const other = deployment('other', '{app: other}')
  const byHand = `---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: [{addresses: [{ip: 127.0.0.1}], ports: [{port: 80}]}]\n`
  assert.deepEqual(lintText(selecting + other + byHand).places, [])
  assert.deepEqual(lintText(service('web', '{ports: [{port: 80}]}') + other).places, [])
  assert.deepEqual(lintText(service('web', '{type: ExternalName, externalName: a.example}') + other).places, [])
})

test('a named targetPort has to be declared by a container', () => {
  const web = service('web', '{selector: {app: web}, ports: [{port: 80, targetPort: htpp}]}')
  const { places, messages } = lintText(web + deployment('web', '{app: web}', '[{name: http, containerPort: 8080}]'))
  assert.deepEqual(places, ['SERVICE_TARGET_PORT_UNKNOWN 7'])
  assert.match(messages, /did you mean http/)
})

test('a nodePort is used once per protocol', () => {
  const web = (name: string, protocol: string) =>
    service(name, `{type: NodePort, ports: [{port: 80, nodePort: 30080, protocol: ${protocol}}]}`)
  assert.deepEqual(lintText(`${web('a', 'TCP')}---\n${web('b', 'TCP')}`).places, ['NODE_PORT_DUPLICATE 15'])
  assert.deepEqual(lintText(`${web('a', 'TCP')}---\n${web('b', 'UDP')}`).places, [])
})

function pathIngress(path: string, pathType: string, annotations = '{}', className = 'nginx'): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations: ${annotations}
spec:
  ingressClassName: ${className}
  rules:
    - host: a.example.com
      http:
        paths:
          - path: ${JSON.stringify(path)}
            pathType: ${pathType}
            backend: {service: {name: web, port: {number: 80}}}
`
}

test('a path that looks like a regular expression where it is matched literally is remarked on', () => {
  for (const path of ['/foo(/|$)(.*)', '/api/[0-9]+', '/*', '/static/.+']) {
    for (const type of ['Prefix', 'Exact', 'ImplementationSpecific']) {
      assert.deepEqual(lintText(pathIngress(path, type)).places, ['PATH_REGEX_LIKE 12'], `${type} ${path}`)
    }
  }
  assert.match(lintText(pathIngress('/api/*', 'Prefix')).messages, /write \/api, which covers/)
})

test('ordinary paths, and patterns where patterns are read, are fine', () => {
  for (const path of ['/', '/a.b/c-d_e~f', '/c++', '/%E3%81%82', '/a=b&c']) {
    assert.deepEqual(lintText(pathIngress(path, 'Prefix')).places, [], path)
  }
  const pattern = '/foo(/|$)(.*)'
  const regex = '{nginx.ingress.kubernetes.io/use-regex: "true"}'
  const rewrite = '{nginx.ingress.kubernetes.io/rewrite-target: /$2}'
  assert.deepEqual(lintText(pathIngress(pattern, 'ImplementationSpecific', regex)).places, [])
  assert.deepEqual(lintText(pathIngress(pattern, 'ImplementationSpecific', rewrite)).places, [])
  assert.deepEqual(lintText(pathIngress('/[a-z]+', 'ImplementationSpecific', '{}', 'contour')).places, [])
  assert.deepEqual(lintText(pathIngress('/img/*', 'ImplementationSpecific', '{}', 'alb')).places, [])
  assert.deepEqual(lintText(pathIngress('/(a|b)', 'Prefix', '{}', 'alb')).places, ['PATH_REGEX_LIKE 12'])
  assert.deepEqual(lintText(pathIngress('/a|b', 'ImplementationSpecific', '{}', 'alb')).places, ['PATH_REGEX_LIKE 12'])
})

test('fields of an old API version are named as they are written', () => {
  const text = `apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: alb}}
spec:
  rules:
    - http:
        paths:
          - path: /
            backend:
              serviceName: missing
              servicePort: use-annotation
`
  const finding = lint(snapshotFromYaml(text)).find(({ code }) => code === 'ACTION_NOT_FOUND')
  assert.equal(finding?.origin.path, 'spec.rules[0].http.paths[0].backend.serviceName')
  assert.equal(finding?.origin.line, 10)
})

test('annotations that the class does not read are noted', () => {
  const rewrite = '{nginx.ingress.kubernetes.io/rewrite-target: /, projectcontour.io/response-timeout: 5s}'
  assert.deepEqual(lintText(pathIngress('/', 'Prefix', rewrite, 'alb')).places, [
    'ANNOTATION_MISPLACED 5',
    'ANNOTATION_MISPLACED 5',
  ])
  assert.deepEqual(lintText(pathIngress('/', 'Prefix', rewrite, 'contour')).places, ['ANNOTATION_MISPLACED 5'])
  assert.deepEqual(lintText(pathIngress('/', 'Prefix', '{alb.ingress.kubernetes.io/scheme: internal}')).places, [
    'ANNOTATION_MISPLACED 5',
  ])
})

test('source ranges are address ranges of a LoadBalancer', () => {
  const withRanges = (type: string, ranges: string) =>
    lintText(service('web', `{type: ${type}, ports: [{port: 80}], loadBalancerSourceRanges: ${ranges}}`)).places
  assert.deepEqual(withRanges('LoadBalancer', '["10.0.0.0/8", "fd00::/8"]'), [])
  assert.deepEqual(withRanges('LoadBalancer', '["10.0.0.0/8", "10.0.0.0/33"]'), ['FIELD_VALUE 7'])
  assert.deepEqual(withRanges('LoadBalancer', '["10.0.0.1"]'), ['FIELD_VALUE 7'])
  assert.deepEqual(withRanges('NodePort', '["10.0.0.0/8"]'), ['FIELD_VALUE 7'])
})

test('class parameters say the target type, the listeners and the group of a load balancer', () => {
  const params = (spec: string): string => `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: shared}
spec:
  controller: ingress.k8s.aws/alb
  parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: shared}
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {name: shared}
spec: ${spec}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations: {alb.ingress.kubernetes.io/ssl-redirect: "443"}
spec:
  ingressClassName: shared
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`
  const services = service('web', '{ports: [{port: 80}]}')
  const codes = (spec: string): readonly string[] =>
    lintText(services + params(spec)).places.map((place) => place.split(' ')[0] ?? '')
  assert.deepEqual(codes('{}'), ['ALB_REDIRECT_WITHOUT_HTTPS', 'ALB_NEEDS_NODE_PORT'])
  const listeners = '[{protocol: HTTP, port: 80}, {protocol: HTTPS, port: 443}]'
  assert.deepEqual(codes(`{targetType: ip, listeners: ${listeners}}`), [])
})
