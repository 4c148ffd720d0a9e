/** What a type of value takes, in a few words for tables and reports. */
import type { ValueType } from './vocabulary.ts'

const NO_BOUND = 2_147_483_647

export function describeValue(type: ValueType): string {
  switch (type.kind) {
    case 'text':
      return 'text'
    case 'bool':
      return 'true, false'
    case 'int':
      return type.max === NO_BOUND ? (type.min === 0 ? 'number' : 'number, negative too') : `${type.min} to ${type.max}`
    case 'size':
      return 'size such as 8m'
    case 'enum':
      return type.values.join(', ')
    case 'words':
      return `words of ${type.values.join(', ')}`
    case 'list':
      return `list of ${describeValue(type.of)}`
    case 'map':
      return 'key=value,...'
    case 'json':
      return 'JSON'
    case 'arn':
      return 'ARN'
    case 'duration':
      return 'duration such as 30s'
    case 'port':
      return 'port'
    case 'portOrName':
      return 'port or its name'
    case 'cidr':
      return 'address or range'
    case 'url':
      return 'URL'
    case 'host':
      return 'host name'
    case 'path':
      return 'path'
    case 'object':
      return '[namespace/]name'
    case 'name':
      return type.wanted
    case 'snippet':
      return 'configuration text'
  }
}
