import { compileLogFormat } from '../proxy/access-log/log-format.ts'
import { compileStreamLogFormat } from '../proxy/access-log/stream-log-format.ts'

/** Variables of an nginx log format that the access log does not have, without `$`. */
export function unknownLogVariables(format: string, kind: 'requests' | 'streams'): readonly string[] {
  return kind === 'requests'
    ? compileLogFormat(format, 'default').unknown
    : compileStreamLogFormat({ format, escape: 'default' }).unknown
}
