import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isProtectionReplaced, protectionInSnippet } from './snippet-protections.ts'
import { annotationsOf, replacementsForSnippet } from './snippet-replacements.ts'
import { parseSnippet } from './snippet-syntax.ts'

const N = 'nginx.ingress.kubernetes.io/'
const G = 'genkan.dev/'

/** Text, and the annotations that do the same. */
const CASES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['more_set_headers "X-A: b" "X-C: d e";', { [`${G}response-headers-set`]: 'X-A: b\nX-C: d e' }],
  ["more_set_headers -s '404 500' 'X-A: b';", { [`${G}response-headers-set`]: 'X-A: b' }],
  ['more_set_headers "Server: ";', { [`${G}response-headers-remove`]: 'Server' }],
  ['add_header X-Frame-Options "SAMEORIGIN" always;', { [`${G}response-headers-set`]: 'X-Frame-Options: SAMEORIGIN' }],
  ['add_header X-Host $host;', {}],
  ['proxy_set_header X-Client $remote_addr;', { [`${G}request-headers-set`]: 'X-Client: $remote_addr' }],
  ['proxy_set_header X-Token "";', { [`${G}request-headers-remove`]: 'X-Token' }],
  ['proxy_set_header Host backend.internal;', { [`${N}upstream-vhost`]: 'backend.internal' }],
  ['proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;', {}],
  ['proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";', {}],
  ['more_set_input_headers "X-A: $http_x_b";', { [`${G}request-headers-set`]: 'X-A: $http_x_b' }],
  ['more_clear_input_headers X-A X-B;', { [`${G}request-headers-remove`]: 'X-A, X-B' }],
  ['more_clear_headers Server X-Powered-By;', { [`${G}response-headers-remove`]: 'Server, X-Powered-By' }],
  ['proxy_hide_header X-Powered-By;', { [`${G}response-headers-remove`]: 'X-Powered-By' }],
  ['return 403;', { [`${G}deny-paths`]: '/' }],
  ['return 404;', { [`${G}deny-paths`]: '/', [`${G}deny-status`]: '404' }],
  ['return 200 "ok";', { [`${G}respond`]: '200 ok' }],
  [
    'default_type text/html; return 200 "<p>";',
    { [`${G}respond-content-type`]: 'text/html', [`${G}respond`]: '200 <p>' },
  ],
  ['return 301 https://new.example/x;', { [`${N}permanent-redirect`]: 'https://new.example/x' }],
  [
    'return 307 https://a.example;',
    { [`${N}temporal-redirect`]: 'https://a.example', [`${N}temporal-redirect-code`]: '307' },
  ],
  ['return 301 https://new.example$request_uri;', { [`${G}redirects`]: '301 /* https://new.example/$1' }],
  ['return 301 https://$host$request_uri;', { [`${N}force-ssl-redirect`]: 'true' }],
  ['rewrite ^/old/(.*)$ /new/$1 permanent;', { [`${G}redirects`]: '301 ~^/old/(.*)$ /new/$1' }],
  ['rewrite ^/a$ $scheme://$host/b redirect;', { [`${G}redirects`]: '302 ~^/a$ /b' }],
  ['rewrite ^/a{2}$ /b permanent;', {}],
  ['rewrite "^/a{2}$" /b permanent;', { [`${G}redirects`]: '301 ~^/a{2}$ /b' }],
  ['rewrite /a /b break;', {}],
  ['if ($http_user_agent ~* "(bot|spider)") { return 403; }', { [`${G}deny-user-agents`]: '~*(bot|spider)' }],
  ['if ($http_user_agent = "curl/1.0") { return 444; }', { [`${G}deny-user-agents`]: 'curl/1.0' }],
  [
    'if ($request_uri ~* "/wp-admin") { return 404; }',
    { [`${G}deny-paths`]: '~*/wp-admin', [`${G}deny-status`]: '404' },
  ],
  ['if ($request_method !~ ^(GET|HEAD)$ ) { return 405; }', { [`${G}allow-methods`]: 'GET, HEAD' }],
  ['if ($scheme = http) { return 301 https://$host$request_uri; }', { [`${N}force-ssl-redirect`]: 'true' }],
  ["if ($request_method = 'OPTIONS') { add_header A b; return 204; }", { [`${N}enable-cors`]: 'true' }],
  ['if ($http_x_key != "secret") { return 403; }', {}],
  ['deny all;', { [`${G}deny-paths`]: '/' }],
  ['deny 192.0.2.0/24;', { [`${N}denylist-source-range`]: '192.0.2.0/24' }],
  ['allow 10.0.0.0/8; allow 192.0.2.1; deny all;', { [`${N}allowlist-source-range`]: '10.0.0.0/8, 192.0.2.1' }],
  ['location ~ /\\.git { deny all; return 404; }', { [`${G}deny-paths`]: '~/\\.git', [`${G}deny-status`]: '404' }],
  ['location /internal { return 403; }', { [`${G}deny-paths`]: '/internal' }],
  ['location = /x.php { deny all; }', { [`${G}deny-paths`]: '~^/x\\.php$' }],
  [
    'location /up { client_max_body_size 1g; proxy_read_timeout 5m; }',
    {
      [`${G}path-settings`]:
        '- { path: /up, set: { proxy-body-size: 1g } }\n- { path: /up, set: { proxy-read-timeout: 300 } }',
    },
  ],
  [
    'client_max_body_size 20m; proxy_read_timeout 3600s;',
    { [`${N}proxy-body-size`]: '20m', [`${N}proxy-read-timeout`]: '3600' },
  ],
  ['gzip on; gzip_types text/css; brotli on;', { [`${G}compression`]: 'gzip, br' }],
  ['limit_req_status 429;', { [`${G}limit-status`]: '429' }],
  ['limit_rate 1m;', { [`${N}limit-rate`]: '1024' }],
  ['access_log off;', { [`${N}enable-access-log`]: 'false' }],
  ['content_by_lua_block { if x then ngx.say("}") end }', {}],
  ['# return 403;\nproxy_buffering off;', {}],
]

for (const [text, wanted] of CASES) {
  test(`in place of ${JSON.stringify(text)} one writes ${Object.keys(wanted).join(' and ') || 'no annotation'}`, () => {
    const replacements = replacementsForSnippet(text)
    const actual = Object.fromEntries(annotationsOf(replacements).map(({ name, value }) => [name, value]))
    assert.deepEqual(actual, wanted)
    // Whatever has no annotation has a reason.
    for (const { annotation, note } of replacements) assert.ok(annotation !== undefined || note.length > 5)
  })
}

test('replacements name lines and directives', () => {
  assert.deepEqual(
    replacementsForSnippet('\n# first\nproxy_cache zone;\nsub_filter "a\nb" c; foo bar;').map(({ line, directive }) => [
      line,
      directive,
    ]),
    [
      [3, 'proxy_cache'],
      [4, 'sub_filter'],
      [5, 'foo'],
    ],
  )
})

for (const text of [
  'location / {',
  '}',
  'a b',
  '{ a; }',
  `${'if (x) {'.repeat(20)}${'}'.repeat(20)}`,
  'x'.repeat(70_000),
]) {
  test(`a text that is no configuration is said to be none: ${text.slice(0, 20)}`, () => {
    const [only, ...rest] = replacementsForSnippet(text)
    assert.equal(rest.length, 0)
    assert.match(only?.note ?? '', /^the text cannot be read: /)
  })
}

test('any text is read in bounded time without throwing', () => {
  const words = fc.constantFrom(
    'if',
    'location',
    '(',
    ')',
    '{',
    '}',
    ';',
    '"',
    "'",
    '$a',
    '~*',
    'return',
    '403',
    '\\',
    '#',
    '\n',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), (parts) => {
      const text = parts.join('')
      replacementsForSnippet(text)
      protectionInSnippet(text)
      isProtectionReplaced(text, {})
    }),
    { numRuns: 500 },
  )
})

test('quotes, escapes and variables in braces are parts of words', () => {
  const parsed = parseSnippet(`a "b;{}'" 'c\\'d' e\\;f \${g}h;`)
  assert.ok(parsed.ok)
  assert.deepEqual(parsed.directives[0]?.args, ["b;{}'", "c'd", 'e\\;f', '${g}h'])
})

const PROTECTIVE: readonly (readonly [string, string | null])[] = [
  ['deny all;', 'deny all'],
  ['location /x { internal; }', 'internal'],
  ['if ($a) { return 401; }', 'return 401'],
  ['auth_request /auth;', 'auth_request /auth'],
  ['proxy_ssl_verify on;', 'proxy_ssl_verify on'],
  ['limit_req zone=a;', 'limit_req zone=a'],
  ['valid_referers none;', 'valid_referers none'],
  ['access_by_lua_block { x() }', 'access_by_lua_block'],
  ['# deny all;\nmore_set_headers "X: deny";', null],
  ['return 301 /x;', null],
  ['limit_req_status 429;', null],
  ['deny all', 'deny'],
]

for (const [text, wanted] of PROTECTIVE) {
  test(`${JSON.stringify(text)} ${wanted === null ? 'protects nothing' : 'means protection'}`, () => {
    assert.equal(protectionInSnippet(text), wanted)
  })
}

test('a protection counts as replaced when typed annotations hold all of it', () => {
  const text = 'location ~ /\\.git { deny all; return 404; }\nlocation /internal { deny all; }\nadd_header A b;'
  const holds = (annotations: Readonly<Record<string, string>>): boolean => isProtectionReplaced(text, annotations)
  assert.equal(holds({}), false)
  assert.equal(holds({ [`${G}deny-paths`]: '/internal', [`${G}deny-status`]: '404' }), false)
  assert.equal(holds({ [`${G}deny-paths`]: '~/\\.git\n/internal' }), false)
  assert.equal(holds({ [`${G}deny-paths`]: '~/\\.git\n/internal', [`${G}deny-status`]: '404' }), true)
  const list = 'allow 10.0.0.0/8; deny all;'
  assert.equal(isProtectionReplaced(list, { [`${N}allowlist-source-range`]: '10.0.0.0/8' }), true)
  assert.equal(isProtectionReplaced(list, { [`${N}allowlist-source-range`]: '0.0.0.0/0' }), false)
  assert.equal(isProtectionReplaced('auth_basic x;', {}), false)
})
