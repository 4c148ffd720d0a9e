/** `$request_uri` and what nginx derives from the URI, which a rewrite replaces. */
import { normalizePath } from '../../routing/normalize-path.ts'
import { toByteString } from '../../routing/path-match.ts'
import type { RequestRecord } from '../request-record.ts'
import type { LogVariable } from './variables.ts'

export const URI_VARIABLES: Readonly<Record<string, LogVariable>> = {
  request_uri: { kind: 'text', get: (record) => (record.target === '' ? null : record.target) },
  uri: { kind: 'text', get: currentPath },
  document_uri: { kind: 'text', get: currentPath },
  args: { kind: 'text', get: queryOrNothing },
  query_string: { kind: 'text', get: queryOrNothing },
  is_args: { kind: 'plain', get: (record) => (currentQuery(record) === '' ? '' : '?') },
  location_path: { kind: 'text', get: (record) => toByteString(record.route?.labels.path ?? '') },
}

/** Query without `?`, after a rewrite; empty without one. */
export function currentQuery(record: RequestRecord): string {
  const target = currentTarget(record)
  const at = target.indexOf('?')
  return at === -1 ? '' : target.slice(at + 1)
}

function queryOrNothing(record: RequestRecord): string | null {
  return currentQuery(record) || null
}

function currentPath(record: RequestRecord): string | null {
  const target = currentTarget(record)
  if (target === '') return null
  const at = target.indexOf('?')
  return normalizePath(at === -1 ? target : target.slice(0, at)) ?? ''
}

function currentTarget(record: RequestRecord): string {
  const isRewritten = record.upstreamTarget !== '' && record.route !== null && record.route.rewrite !== null
  return isRewritten ? record.upstreamTarget : record.target
}
