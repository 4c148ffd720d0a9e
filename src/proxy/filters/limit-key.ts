/** What tells clients apart that are limited. */
import { createHash } from 'node:crypto'
import type { GateRequest } from '../../routing/gate.ts'
import { compileTemplate } from '../../routing/request-template.ts'

/** @returns empty for a request that is not counted */
export type KeyOf = (request: GateRequest) => string

/** A longer key is remembered by its digest, so that headers do not fill the memory. */
const LONGEST_KEY = 128

/**
 * @param key text with variables; `undefined` = the client's address
 * @throws {TypeError} on a variable that the dialect refuses
 */
export function limitKey(key: string | undefined): KeyOf {
  if (key === undefined) return (request) => request.clientAddress
  const template = compileTemplate(key)
  if (!template.ok) throw new TypeError(`Cannot count by ${key}: there is no variable $${template.unknown}`)
  return (request) => {
    const text = template.render(request)
    return text.length <= LONGEST_KEY ? text : createHash('sha256').update(text, 'latin1').digest('base64')
  }
}
