import { compileLogFormat } from '../proxy/access-log/log-format.ts'

/** Variables of an nginx log format that the access log does not have, without `$`. */
export function unknownLogVariables(format: string): readonly string[] {
  return compileLogFormat(format, 'default').unknown
}
