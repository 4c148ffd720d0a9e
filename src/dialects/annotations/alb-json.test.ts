import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAlbAction } from './alb-action.ts'
import { parseListenPorts } from './alb-listeners.ts'
import { checkJson } from './check-json.ts'

function actionProblem(value: unknown): string {
  const parsed = parseAlbAction(JSON.stringify(value))
  return parsed.ok ? 'accepted' : parsed.problem
}

test('keys of an action match in any case', () => {
  const text = '{"Type":"redirect","REDIRECTCONFIG":{"Protocol":"HTTPS","port":443,"StatusCode":"HTTP_301"}}'
  assert.deepEqual(parseAlbAction(text), {
    ok: true,
    action: { kind: 'redirect', protocol: 'HTTPS', host: '', port: '443', statusCode: 'HTTP_301' },
  })
})

test('placeholders of a redirect keep the part of the request', () => {
  const config = { protocol: '#{protocol}', host: '#{host}', port: '#{port}', path: '/#{path}', statusCode: 'HTTP_302' }
  assert.deepEqual(parseAlbAction(JSON.stringify({ type: 'redirect', redirectConfig: config })), {
    ok: true,
    action: { kind: 'redirect', protocol: '', host: '', port: '', statusCode: 'HTTP_302' },
  })
})

test('a forward names Services with ports, by number or name', () => {
  const targetGroups = [
    { serviceName: 'a', servicePort: 80, weight: 20 },
    { serviceName: 'b', servicePort: 'http', weight: 80 },
  ]
  assert.deepEqual(parseAlbAction(JSON.stringify({ type: 'forward', forwardConfig: { targetGroups } })), {
    ok: true,
    action: {
      kind: 'forward',
      services: [
        { name: 'a', port: '80' },
        { name: 'b', port: 'http' },
      ],
    },
  })
  assert.equal(actionProblem({ type: 'forward', targetGroupARN: 'arn:aws:x' }), 'accepted')
})

test('an action that AWS would refuse is refused with the reason', () => {
  const forward = (...targetGroups: readonly object[]) => ({ type: 'forward', forwardConfig: { targetGroups } })
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[], /not a JSON object/],
    [{}, /no "type"/],
    [{ type: 'redrect' }, /"redrect" is not known/],
    [{ type: 'redirect' }, /redirectConfig/],
    [{ type: 'redirect', redirectConfig: {} }, /no "statusCode"/],
    [{ type: 'redirect', redirectConfig: { statusCode: '301' } }, /HTTP_301/],
    [{ type: 'redirect', redirectConfig: { statusCode: 'HTTP_301', port: '0' } }, /1 to 65535/],
    [{ type: 'redirect', redirectConfig: { statusCode: 'HTTP_301', protocol: 'TLS' } }, /"TLS"/],
    [{ type: 'redirect', redirectConfig: { statusCode: 'HTTP_301', path: 'x' } }, /begin it with/],
    [{ type: 'forward' }, /no target group/],
    [forward(), /at least one/],
    [forward({ serviceName: 'a' }), /servicePort/],
    [forward({ serviceName: 'a', targetGroupARN: 'b', servicePort: 1 }), /names 2 targets/],
    [forward({ serviceName: 'a', servicePort: 1 }, { serviceName: 'b', servicePort: 1, weight: 1 }), /no "weight"/],
    [forward({ serviceName: 'a', servicePort: 1, weight: 1000 }), /0 to 999/],
    [{ type: 'fixed-response', fixedResponseConfig: {} }, /statusCode/],
    [{ type: 'fixed-response', fixedResponseConfig: { statusCode: '404', messageBody: 'x'.repeat(1025) } }, /1024/],
  ]
  for (const [value, expected] of cases) assert.match(actionProblem(value), expected)
})

test('text that is not JSON is refused with the place', () => {
  assert.match(checkJson('action', '{"type": "redirect",}') ?? '', /not JSON/)
})

test('listen-ports takes one object with two keys and two objects alike', () => {
  const expected = {
    ok: true,
    listeners: [
      { protocol: 'HTTP', port: 80 },
      { protocol: 'HTTPS', port: 443 },
    ],
  }
  assert.deepEqual(parseListenPorts('[{"HTTP":80,"HTTPS": 443}]'), expected)
  assert.deepEqual(parseListenPorts('[{"HTTP": 80}, {"HTTPS":"443"}]'), expected)
})

test('listen-ports that name no usable port are refused', () => {
  const texts = [
    '[]',
    '{}',
    '[80]',
    '[{"HTTP":0}]',
    '[{"HTTP":70000}]',
    '[{"http":80}]',
    '[{"HTTP":80,"HTTPS":80}]',
    'x',
  ]
  for (const text of texts) assert.equal(parseListenPorts(text).ok, false, text)
})

test('conditions need a known field, its configuration and values', () => {
  const check = (value: unknown) => checkJson('conditions', JSON.stringify(value)) ?? 'accepted'
  assert.equal(check([{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a'] } }]), 'accepted')
  assert.equal(check([{ field: 'source-ip', sourceIpConfig: { values: ['10.0.0.0/8'] } }]), 'accepted')
  assert.match(check([{ field: 'path-patern' }]), /did you mean "path-pattern"/)
  assert.match(check([{ field: 'path-pattern' }]), /pathPatternConfig/)
  assert.match(check([{ field: 'path-pattern', pathPatternConfig: { values: [] } }]), /no "values"/)
  assert.match(check([{ field: 'host-header', hostHeaderConfig: { values: ['a'], regexValues: ['b'] } }]), /both/)
  assert.match(check([{ field: 'source-ip', sourceIPConfig: { regexValues: ['b'] } }]), /only "values"/)
  assert.match(check([{ field: 'http-header', httpHeaderConfig: { values: ['b'] } }]), /httpHeaderName/)
  assert.match(check([]), /entries/)
  assert.match(check(['x']), /entry 1 is not an object/)
})

test('transforms need a known type and whole rewrites', () => {
  const check = (value: unknown) => checkJson('transforms', JSON.stringify(value)) ?? 'accepted'
  const rewrites = [{ regex: '^/a', replace: '/b' }]
  assert.equal(check([{ type: 'url-rewrite', urlRewriteConfig: { rewrites } }]), 'accepted')
  assert.match(check([{ type: 'rewrite' }]), /url-rewrite/)
  assert.match(check([{ type: 'url-rewrite', urlRewriteConfig: { rewrites: [{ regex: 'a' }] } }]), /write both/)
})

test('authentication settings name what is missing', () => {
  assert.match(checkJson('cognito', '{"userPoolARN":"a","UserPoolClientId":"b"}') ?? '', /"userPoolDomain" missing/)
  assert.match(checkJson('oidc', '{}') ?? '', /"issuer", "authorizationEndpoint"/)
  assert.match(checkJson('mutual-authentication', '[{"port":443,"mode":"verify"}]') ?? '', /trustStore/)
  assert.equal(checkJson('mutual-authentication', '[{"port":443,"mode":"passthrough"}]'), null)
  assert.equal(checkJson('any-object', '{}'), null)
  assert.match(checkJson('any-list', '{}') ?? '', /array/)
})
