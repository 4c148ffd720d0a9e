/** The annotation `jwt-validation`: which tokens a request has to carry (elbv2 JwtValidationActionConfig; RFC 7519). */
import type { JwtValidation } from '../../../../aws/stack/rule.ts'
import { quote } from '../../../annotations/check-value.ts'
import { textOf, toObject } from '../../../annotations/json-value.ts'
import type { Report } from '../../../report.ts'
import type { Reading } from '../../annotation-reader.ts'

type Claim = JwtValidation['additionalClaims'][number]

/** `null`, with a finding, when it cannot be used. @param reading has passed the check of the annotation's keys */
export function readJwtValidation(
  reading: Extract<Reading<unknown>, { kind: 'value' }>,
  report: Report,
): JwtValidation | null {
  const refuse = (problem: string): null => {
    report('ANNOTATION_VALUE', `Cannot use annotation ${reading.name}: ${problem}`, reading.origin, 'error')
    return null
  }
  const object = toObject(reading.value) ?? new Map<string, unknown>()
  if (!/^https:\/\/\S+$/i.test(textOf(object, 'jwksEndpoint') ?? '')) {
    return refuse('"jwksEndpoint" is no https URL; write https://...')
  }
  const list = object.get('additionalclaims') ?? []
  if (!Array.isArray(list)) return refuse('"additionalClaims" is not a list; write [{"format", "name", "values"}]')
  const additionalClaims: Claim[] = []
  for (const [index, item] of (list as readonly unknown[]).entries()) {
    const claim = toClaim(item)
    if (typeof claim === 'string') return refuse(`additional claim ${index + 1} ${claim}`)
    additionalClaims.push(claim)
  }
  return {
    jwksEndpoint: textOf(object, 'jwksEndpoint') ?? '',
    issuer: textOf(object, 'issuer') ?? '',
    additionalClaims,
  }
}

function toClaim(item: unknown): Claim | string {
  const claim = toObject(item)
  if (claim === null) return 'is not an object; write {"format", "name", "values"}'
  const format = textOf(claim, 'format') ?? ''
  if (format !== 'single-string' && format !== 'string-array' && format !== 'space-separated-values') {
    return `has the format ${quote(format)}; write single-string, string-array or space-separated-values`
  }
  const name = textOf(claim, 'name') ?? ''
  if (name === '') return 'has no "name"; name the claim'
  const values = claim.get('values')
  const texts = Array.isArray(values) ? (values as readonly unknown[]) : []
  if (texts.length === 0 || !texts.every((value) => typeof value === 'string')) {
    return 'has no "values"; write a list of texts'
  }
  return { format, name, values: texts }
}
