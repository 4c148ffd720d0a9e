/** For tests: the examples of RFC 7541, appendix C, as data. Blocks in hexadecimal, fields as `name: value`. */

export interface HpackExample {
  readonly section: string
  /** Size update that is put before the first block; 0 for none. */
  readonly tableBytes: number
  /** In the order of one connection. */
  readonly blocks: readonly { readonly hex: string; readonly fields: readonly string[] }[]
}

const REQUEST_FIELDS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
] as const

const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'
const RESPONSE_TAIL = [
  'cache-control: private',
  'date: Mon, 21 Oct 2013 20:13:21 GMT',
  'location: https://www.example.com',
]
const RESPONSE_FIELDS = [
  [':status: 302', ...RESPONSE_TAIL],
  [':status: 307', ...RESPONSE_TAIL],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    COOKIE,
  ],
] as const

function single(section: string, hex: string, field: string): HpackExample {
  return { section, tableBytes: 0, blocks: [{ hex, fields: [field] }] }
}

function series(
  section: string,
  tableBytes: number,
  hexes: readonly [string, string, string],
  fields: readonly (readonly string[])[],
): HpackExample {
  return { section, tableBytes, blocks: hexes.map((hex, at) => ({ hex, fields: fields[at] ?? [] })) }
}

export const HPACK_EXAMPLES: readonly HpackExample[] = [
  single('C.2.1', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'custom-key: custom-header'),
  single('C.2.2', '040c2f73616d706c652f70617468', ':path: /sample/path'),
  single('C.2.3', '100870617373776f726406736563726574', 'password: secret'),
  single('C.2.4', '82', ':method: GET'),
  series(
    'C.3',
    0,
    [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ],
    REQUEST_FIELDS,
  ),
  series(
    'C.4',
    0,
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ],
    REQUEST_FIELDS,
  ),
  series(
    'C.5',
    256,
    [
      '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
    RESPONSE_FIELDS,
  ),
  series(
    'C.6',
    256,
    [
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    RESPONSE_FIELDS,
  ),
]
