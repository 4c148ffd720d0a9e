import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAlbAction } from '../../../annotations/alb-action.ts'
import { type ActionValue, parseActionValue } from './action-value.ts'

function read(json: unknown): ActionValue {
  const checked = parseAlbAction(JSON.stringify(json))
  assert.ok(checked.ok, JSON.stringify(checked))
  const parsed = parseActionValue(json)
  assert.ok(parsed.ok)
  return parsed.value
}

const REDIRECT = {
  type: 'redirect',
  protocol: '#{protocol}',
  host: '#{host}',
  port: '#{port}',
  path: '/#{path}',
  query: '#{query}',
  statusCode: 'HTTP_301',
} as const

const ACTIONS: readonly [string, unknown, unknown][] = [
  [
    'the redirect of the founding articles, in CamelCase',
    { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
    { ...REDIRECT, protocol: 'HTTPS', port: '443' },
  ],
  [
    'a redirect with every part',
    {
      type: 'redirect',
      redirectConfig: { host: 'b', path: '/x', port: 8443, protocol: 'https', query: 'a=1', statusCode: 'HTTP_302' },
    },
    { type: 'redirect', protocol: 'HTTPS', host: 'b', port: '8443', path: '/x', query: 'a=1', statusCode: 'HTTP_302' },
  ],
  ['a redirect that keeps all parts', { type: 'redirect', redirectConfig: { statusCode: 'HTTP_301' } }, REDIRECT],
  [
    'a redirect that drops the query',
    { type: 'redirect', redirectConfig: { host: 'b', query: '', statusCode: 'HTTP_301' } },
    { ...REDIRECT, host: 'b', query: '' },
  ],
  [
    'a redirect with placeholders written out',
    {
      type: 'redirect',
      redirectConfig: {
        host: '#{host}',
        path: '/#{path}',
        port: '#{port}',
        protocol: '#{protocol}',
        query: '#{query}',
        statusCode: 'HTTP_301',
      },
    },
    REDIRECT,
  ],
  [
    'a fixed response with a number as status',
    { type: 'fixed-response', fixedResponseConfig: { contentType: 'text/plain', statusCode: 404, messageBody: 'no' } },
    { type: 'fixed-response', statusCode: '404', contentType: 'text/plain', messageBody: 'no' },
  ],
  [
    'a fixed response of a status alone, in capitals',
    { TYPE: 'fixed-response', FIXEDRESPONSECONFIG: { STATUSCODE: '503' } },
    { type: 'fixed-response', statusCode: '503', contentType: '', messageBody: '' },
  ],
]

for (const [name, json, action] of ACTIONS) {
  test(`${name} is read`, () => {
    assert.deepEqual(read(json), { kind: 'action', action })
  })
}

const service = (name: string, port: number | string): unknown => ({
  kind: 'service',
  name,
  port: typeof port === 'number' ? { kind: 'number', number: port } : { kind: 'name', name: port },
})

const FORWARDS: readonly [string, unknown, unknown][] = [
  [
    'an ARN',
    { type: 'forward', targetGroupARN: 'arn:x' },
    { entries: [{ target: { kind: 'arn', arn: 'arn:x' }, weight: 1 }] },
  ],
  [
    'an ARN in other case',
    { Type: 'forward', TargetGroupArn: 'arn:x' },
    { entries: [{ target: { kind: 'arn', arn: 'arn:x' }, weight: 1 }] },
  ],
  [
    'a name',
    { type: 'forward', targetGroupName: 'blue' },
    { entries: [{ target: { kind: 'name', name: 'blue' }, weight: 1 }] },
  ],
  [
    'one Service with a number as port',
    { type: 'forward', forwardConfig: { targetGroups: [{ serviceName: 'web', servicePort: 80 }] } },
    { entries: [{ target: service('web', 80), weight: 1 }] },
  ],
  [
    'one Service with digits as port',
    { type: 'forward', forwardConfig: { targetGroups: [{ serviceName: 'web', servicePort: '80' }] } },
    { entries: [{ target: service('web', 80), weight: 1 }] },
  ],
  [
    'one Service with a name as port',
    { Type: 'forward', ForwardConfig: { TargetGroups: [{ ServiceName: 'web', ServicePort: 'http', Weight: '20' }] } },
    { entries: [{ target: service('web', 'http'), weight: 20 }] },
  ],
  [
    'several with weights and stickiness',
    {
      type: 'forward',
      forwardConfig: {
        targetGroups: [
          { serviceName: 'blue', servicePort: 80, weight: 90 },
          { targetGroupARN: 'arn:green', weight: 0 },
        ],
        targetGroupStickinessConfig: { enabled: true, durationSeconds: 200 },
      },
    },
    {
      entries: [
        { target: service('blue', 80), weight: 90 },
        { target: { kind: 'arn', arn: 'arn:green' }, weight: 0 },
      ],
      stickinessSeconds: 200,
    },
  ],
  [
    'stickiness that is off',
    {
      type: 'forward',
      forwardConfig: {
        targetGroups: [{ serviceName: 'web', servicePort: 80 }],
        targetGroupStickinessConfig: { enabled: 'false' },
      },
    },
    { entries: [{ target: service('web', 80), weight: 1 }] },
  ],
]

for (const [name, json, wanted] of FORWARDS) {
  test(`a forward to ${name} is read`, () => {
    assert.deepEqual(read(json), { kind: 'forward', ...(wanted as object) })
  })
}

const groups = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ serviceName: `s${index}`, servicePort: 80, weight: 1 }))
const sticky = (config: unknown): unknown => ({
  type: 'forward',
  forwardConfig: { targetGroups: groups(1), targetGroupStickinessConfig: config },
})

const WRONG: readonly [string, unknown, RegExp][] = [
  ['six target groups', { type: 'forward', forwardConfig: { targetGroups: groups(6) } }, /at most 5/],
  ['stickiness without a duration', sticky({ enabled: true }), /durationSeconds/],
  ['stickiness of more than a week', sticky({ enabled: true, durationSeconds: 604_801 }), /604800/],
  ['stickiness that is neither on nor off', sticky({ enabled: 'perhaps' }), /boolean/],
  [
    'a content type that an ALB does not know',
    { type: 'fixed-response', fixedResponseConfig: { statusCode: '200', contentType: 'text/markdown' } },
    /text\/markdown/,
  ],
  ['a long host', { type: 'redirect', redirectConfig: { host: 'a'.repeat(129), statusCode: 'HTTP_301' } }, /129/],
]

for (const [name, json, problem] of WRONG) {
  test(`${name} is refused`, () => {
    const parsed = parseActionValue(json)
    assert.ok(!parsed.ok)
    assert.match(parsed.problem, problem)
  })
}
