/** Decides whether a text is a value of a type, and if not, says why and what would be accepted. */
import { isIP } from 'node:net'
import { closestName } from '../../base/edit-distance.ts'
import { checkJson } from './check-json.ts'
import type { ValueType } from './vocabulary.ts'

/** Words that Go's ParseBool takes. */
const TRUE_WORDS: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True']
const FALSE_WORDS: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False']

/** `null` for a usable value, else `<state>; <what would be accepted>` to follow `Cannot use ...: `. */
export function checkValue(type: ValueType, text: string): string | null {
  switch (type.kind) {
    case 'text':
    case 'snippet':
      return null
    case 'bool':
      return parseBool(text) === null ? `${quote(text)} is not a boolean; write "true" or "false"` : null
    case 'int':
      return checkInt(text, type.min, type.max)
    case 'size':
      return /^\d+[bkmg]?$/i.test(text)
        ? null
        : `${quote(text)} is not a size; write digits and k, m or g, such as "8m"`
    case 'enum':
      return checkEnum(type.values, type.anyCase, text)
    case 'words':
      return checkEach(splitWords(text), (word) => checkEnum(type.values, false, word), type.values.join(', '))
    case 'list':
      return checkEach(splitList(text), (entry) => checkValue(type.of, entry), 'write entries separated by commas')
    case 'map':
      return checkMap(text)
    case 'json':
      return checkJson(type.shape, text)
    case 'arn':
      return /^arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+$/.test(text)
        ? null
        : `${quote(text)} is not an ARN; write arn:aws:...`
    case 'duration':
      return isDuration(text)
        ? null
        : `${quote(text)} is not a duration; write one such as "30s", "1m30s" or "infinity"`
    case 'port':
      return checkInt(text, 1, 65_535)
    case 'portOrName':
      return checkPortOrName(text)
    case 'cidr':
      return isCidr(text) ? null : `${quote(text)} is not an address range; write one such as "10.0.0.0/8"`
    case 'url':
      return /^https?:\/\/\S+$/i.test(text) ? null : `${quote(text)} is not a URL; write http:// or https:// and a host`
    case 'host':
      return /^[A-Za-z0-9_*.$-]+(?::\d+)?$/.test(text) ? null : `${quote(text)} is not a host name`
    case 'path':
      return text.startsWith('/') ? null : `${quote(text)} is not a path; it has to begin with "/"`
    case 'object':
      return /^(?:[a-z0-9-]+\/)?[a-z0-9][a-z0-9.-]*$/.test(text)
        ? null
        : `${quote(text)} is not the name of an object; write "name" or "namespace/name"`
    case 'name':
      return text.length <= type.max && type.pattern.test(text)
        ? null
        : `${quote(text)} is not accepted; write ${type.wanted}`
  }
}

/** Go's ParseBool: the value, or `null` for any other word. */
export function parseBool(text: string): boolean | null {
  return TRUE_WORDS.includes(text) ? true : FALSE_WORDS.includes(text) ? false : null
}

/** Splits at commas, trims, drops empty entries. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** An IPv4 or IPv6 address, with or without a prefix length. */
export function isCidr(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128))
}

/** Quotes a user's text for a message, cut to a length that a line can carry. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}

function checkInt(text: string, min: number, max: number): string | null {
  const range =
    max === 2_147_483_647 ? (min === 0 ? 'a whole number' : `a whole number from ${min} on`) : `${min} to ${max}`
  if (!/^[+-]?\d{1,10}$/.test(text)) {
    const unit = /^\d+\s*(?:s|sec|ms|m|h)$/i.test(text) ? ' without a unit' : ''
    return `${quote(text)} is not a whole number; write ${range}${unit}`
  }
  const value = Number(text)
  return value < min || value > max ? `${text} is out of range; write ${range}` : null
}

function checkEnum(values: readonly string[], anyCase: boolean, text: string): string | null {
  const isListed = values.some((value) => value === text || (anyCase && value.toLowerCase() === text.toLowerCase()))
  if (isListed) return null
  const close = closestName(text, values)
  const wanted = values.length === 1 ? `only ${quote(values[0] ?? '')} is accepted` : `write ${values.join(', ')}`
  return `${quote(text)} is not known${close === null ? '' : `, did you mean ${quote(close)}`}; ${wanted}`
}

function checkEach(entries: readonly string[], check: (entry: string) => string | null, wanted: string): string | null {
  if (entries.length === 0) return `the list is empty; ${wanted}`
  for (const entry of entries) {
    const problem = check(entry)
    if (problem !== null) return problem
  }
  return null
}

function splitWords(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

/** `k=v,k=v`, where a backslash quotes the next character; keys may not be empty (AWS Load Balancer Controller, annotations). */
function checkMap(text: string): string | null {
  for (const item of text.replace(/\\[^]/g, '_').split(',')) {
    const equals = item.indexOf('=')
    if (equals > 0 && item.slice(0, equals).trim() !== '') continue
    return `${quote(item.trim())} is not a pair; write key=value,key=value and "\\," for a comma in a value`
  }
  return null
}

function checkPortOrName(text: string): string | null {
  if (/^\d+$/.test(text)) return checkInt(text, 1, 65_535)
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
    ? null
    : `${quote(text)} is not a port; write a number, the name of a Service port or "traffic-port"`
}

function isDuration(text: string): boolean {
  return (
    text === 'infinity' || text === 'infinite' || text === '0' || /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)
  )
}
