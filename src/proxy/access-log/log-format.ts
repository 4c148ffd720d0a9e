/**
 * A log format, compiled once into a flat list of functions.
 *
 * `escape=default` in a template that is a JSON object would write `\xXX` and bare `-`, which are not JSON. Such
 * templates are common, so JSON rules replace nginx's in them: strings get JSON escapes, a variable outside quotes
 * becomes `null` when nginx would print `-` or nothing, and a string when its value is neither number nor literal.
 * The last two hold for JSON templates with `escape=json` as well.
 */
import type { AccessLogSettings } from '../../routing/model.ts'
import type { RequestRecord } from '../request-record.ts'
import { escapeDefault, escapeJson, escapeLineBreaks } from './escape.ts'
import { findJsonStrings, toJsonValue } from './json-template.ts'
import { createLogClock, type LogClock } from './log-clock.ts'
import { parseTemplate } from './template.ts'
import { findVariable, type LogVariable } from './variables.ts'

export interface LogFormat {
  /** One line without line break, one character per byte. */
  render(record: RequestRecord): string
  /** Variables of the template that no record can answer, each once; they print as if not found. */
  readonly unknown: readonly string[]
}

type Renderer = (record: RequestRecord, clock: LogClock) => string
type Escape = (value: string) => string

const UNKNOWN_VARIABLE: LogVariable = { kind: 'plain', get: () => null }
const ESCAPES = {
  default: escapeDefault,
  json: escapeJson,
  none: escapeLineBreaks,
} as const satisfies Record<AccessLogSettings['escape'], Escape>

/**
 * @param template nginx `log_format` text
 * @param clock tests pass one with fixed time
 */
export function compileLogFormat(
  template: string,
  escape: AccessLogSettings['escape'],
  clock: LogClock = createLogClock(),
): LogFormat {
  const parts = parseTemplate(template)
  const jsonStrings = escape === 'none' ? null : findJsonStrings(parts)
  const missing = escape === 'default' ? '-' : ''
  const escapeText = jsonStrings === null ? ESCAPES[escape] : escapeJson
  const unknown = new Set<string>()
  // literals[i] stands before renderers[i]; one more literal ends the line.
  const literals: string[] = ['']
  const renderers: Renderer[] = []
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'text') {
      literals[literals.length - 1] += part.text
      continue
    }
    const variable = findVariable(part.name)
    if (variable === null) unknown.add(part.name)
    const isJsonValue = jsonStrings !== null && jsonStrings[index] === false
    renderers.push(compileVariable(variable ?? UNKNOWN_VARIABLE, isJsonValue, missing, escapeText))
    literals.push('')
  }
  return {
    unknown: [...unknown],
    render(record) {
      clock.tick()
      let line = literals[0] as string
      for (let i = 0; i < renderers.length; i++) {
        // Both arrays were built together: one literal follows each renderer.
        line += (renderers[i] as Renderer)(record, clock) + (literals[i + 1] as string)
      }
      return line
    },
  }
}

function compileVariable(variable: LogVariable, isJsonValue: boolean, missing: string, escape: Escape): Renderer {
  const { get, kind } = variable
  if (kind === 'number') return (record, clock) => get(record, clock) ?? missing
  if (isJsonValue) return (record, clock) => toJsonValue(get(record, clock), escape)
  if (kind === 'plain') return (record, clock) => get(record, clock) ?? missing
  return (record, clock) => {
    const value = get(record, clock)
    return value === null ? missing : escape(value)
  }
}
