import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ALB_ATTRIBUTES,
  ALB_GROUP_ATTRIBUTES,
  ALB_LISTENER_ATTRIBUTES,
  type AttributeTable,
  NLB_ATTRIBUTES,
  NLB_GROUP_ATTRIBUTES,
  NLB_LISTENER_ATTRIBUTES,
  problemOfAttribute,
} from './attribute-values.ts'

const { HTTP, HTTPS } = ALB_LISTENER_ATTRIBUTES

const CASES: readonly (readonly [AttributeTable, string, string, RegExp | null])[] = [
  [ALB_ATTRIBUTES, 'idle_timeout.timeout_seconds', '60', null],
  [ALB_ATTRIBUTES, 'idle_timeout.timeout_seconds', '60s', /"60s" is out of range; write 1 to 4000/],
  [ALB_ATTRIBUTES, 'idle_timeout.timeout_second', '60', /did you mean idle_timeout\.timeout_seconds/],
  [ALB_ATTRIBUTES, 'client_keep_alive.seconds', '30', /60 to 604800/],
  [ALB_ATTRIBUTES, 'routing.http2.enabled', 'yes', /true or false/],
  [ALB_ATTRIBUTES, 'routing.http.xff_header_processing.mode', 'drop', /append or preserve or remove/],
  [ALB_ATTRIBUTES, 'load_balancing.cross_zone.enabled', 'false', /write true/],
  [ALB_ATTRIBUTES, 'access_logs.s3.bucket', 'logs', null],
  [ALB_ATTRIBUTES, 'constructor', 'x', /no attribute of an ALB that is known/],
  [ALB_ATTRIBUTES, '', 'x', /no attribute of an ALB that is known/],
  [NLB_ATTRIBUTES, 'load_balancing.cross_zone.enabled', 'false', null],
  [NLB_ATTRIBUTES, 'idle_timeout.timeout_seconds', '60', /no attribute of an NLB that is known/],
  [NLB_ATTRIBUTES, 'dns_record.client_routing_policy', 'zone', /availability_zone_affinity/],
  [NLB_ATTRIBUTES, 'secondary_ips.auto_assigned.per_subnet', '8', /0 to 7/],
  [ALB_GROUP_ATTRIBUTES, 'stickiness.type', 'source_ip', /lb_cookie or app_cookie/],
  [NLB_GROUP_ATTRIBUTES, 'stickiness.type', 'source_ip', null],
  [NLB_GROUP_ATTRIBUTES, 'deregistration_delay.connection_termination.enabled', 'true', null],
  [NLB_GROUP_ATTRIBUTES, 'slow_start.duration_seconds', '30', /no attribute of an NLB's target group/],
  [HTTP, 'routing.http.response.server.enabled', 'false', null],
  [HTTP, 'routing.http.request.x_amzn_tls_version.header_name', 'tls', /no attribute of an HTTP listener/],
  [HTTPS, 'routing.http.request.x_amzn_tls_version.header_name', 'tls', null],
  [HTTPS, 'routing.http.response.x_frame_options.header_value', 'x'.repeat(1025), /longer than 1024/],
  [NLB_LISTENER_ATTRIBUTES, 'tcp.idle_timeout.seconds', '59', /60 to 6000/],
]

for (const [table, key, value, problem] of CASES) {
  test(`${table.of} ${problem === null ? 'takes' : 'does not take'} ${key}=${value.slice(0, 20)}`, () => {
    const found = problemOfAttribute(key, value, table)
    if (problem === null) assert.equal(found, null)
    else assert.match(found ?? '', problem)
  })
}
