/** All vocabularies, and look-ups over them. */
import { AWS_ALB } from './aws-alb.ts'
import { AWS_SERVICE } from './aws-service.ts'
import { CONTOUR, CONTOUR_LEGACY } from './contour.ts'
import { GENKAN } from './genkan.ts'
import { INGRESS_CLASS, KUBERNETES, SERVICE_GA } from './kubernetes.ts'
import { NGINX_LEGACY } from './nginx-legacy.ts'
import { NGINX } from './nginx.ts'
import type { AnnotationRow, Vocabulary } from './vocabulary.ts'

/** In the order in which a suggestion prefers them when a name exists in several. */
export const VOCABULARIES: readonly Vocabulary[] = [
  NGINX,
  AWS_ALB,
  AWS_SERVICE,
  CONTOUR,
  KUBERNETES,
  INGRESS_CLASS,
  SERVICE_GA,
  NGINX_LEGACY,
  CONTOUR_LEGACY,
  GENKAN,
]

const BY_PREFIX = new Map(VOCABULARIES.map((vocabulary) => [vocabulary.prefix, vocabulary]))

/** Rows by exact name and families by the part before `*`, per vocabulary, so that a look-up is one or two map reads. */
const ROWS = new Map(VOCABULARIES.map((vocabulary) => [vocabulary.prefix, indexRows(vocabulary)]))

/** The vocabulary of a prefix (with its slash). */
export function vocabularyOf(prefix: string): Vocabulary | undefined {
  return BY_PREFIX.get(prefix)
}

/** The row that covers a name after the prefix; `actions.x` is covered by `actions.*`. */
export function findRow(vocabulary: Vocabulary, name: string): AnnotationRow | undefined {
  const rows = ROWS.get(vocabulary.prefix)
  const exact = rows?.get(name)
  if (exact !== undefined) return exact
  const dot = name.indexOf('.')
  return dot > 0 && dot < name.length - 1 ? rows?.get(`${name.slice(0, dot + 1)}*`) : undefined
}

/** The row of a full annotation name such as `alb.ingress.kubernetes.io/scheme`. */
export function findAnnotation(fullName: string): AnnotationRow | undefined {
  const slash = fullName.indexOf('/')
  const vocabulary = vocabularyOf(fullName.slice(0, slash + 1))
  return vocabulary === undefined ? undefined : findRow(vocabulary, fullName.slice(slash + 1))
}

/** Entry of a string table, blind to what objects inherit (an annotation may be called `constructor`). */
export function lookUp(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function indexRows(vocabulary: Vocabulary): ReadonlyMap<string, AnnotationRow> {
  return new Map(vocabulary.rows.map((row) => [row.name, row]))
}
