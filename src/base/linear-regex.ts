/**
 * Regular expressions that run in time linear in the subject, whoever wrote them.
 *
 * V8 has a linear engine behind two experimental flags: one admits the `l` flag, whose constructor refuses what the
 * engine cannot run (our admission check), the other lets normal expressions fall back to that engine when they
 * backtrack too much. The fallback ignores expressions with the `i` flag, so letter case is folded into the source
 * instead. A test pins both behaviours.
 */
import { setFlagsFromString } from 'node:v8'
import { type RegexRefusal, translateRegexSyntax } from './regex-syntax.ts'

setFlagsFromString('--enable-experimental-regexp-engine')
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

/** Known to V8 only after the first flag above. */
const LINEAR_FLAG = 'l'

/** Longer patterns are refused. */
const MAX_PATTERN_LENGTH = 4096
/** Longer subjects never match. */
export const MAX_SUBJECT_LENGTH = 8192
/** The linear engine pays for every capture at every character, so their number is bounded. */
const MAX_CAPTURES = 32

/** A compiled expression. `source` is as the user wrote it. */
export interface LinearRegex {
  readonly source: string
  /** Subjects longer than {@link MAX_SUBJECT_LENGTH} do not match. */
  exec(subject: string): RegExpExecArray | null
}

/**
 * @param source the common part of PCRE, RE2 and ECMAScript syntax, see {@link translateRegexSyntax}
 * @param caseInsensitive folds ASCII letters
 */
export function compileLinearRegex(source: string, caseInsensitive: boolean): LinearRegex | RegexRefusal {
  if (source.length > MAX_PATTERN_LENGTH) {
    return {
      error: `it has ${source.length} characters; accepted are at most ${MAX_PATTERN_LENGTH}`,
      reason: 'not-linear',
    }
  }
  const translated = translateRegexSyntax(source, caseInsensitive)
  if ('error' in translated) return translated
  if (translated.captures > MAX_CAPTURES) {
    return {
      error: `it has ${translated.captures} capture groups; accepted are at most ${MAX_CAPTURES}, write (?:...) for the others`,
      reason: 'not-linear',
    }
  }
  try {
    // The syntax is checked first, so that what the second constructor refuses is correct but not linear.
    const regex = new RegExp(translated.source)
    const probe = new RegExp(translated.source, LINEAR_FLAG)
    return probe.source === regex.source
      ? { source, exec: (subject) => (subject.length > MAX_SUBJECT_LENGTH ? null : regex.exec(subject)) }
      : { error: 'it reads differently in the linear engine', reason: 'not-linear' }
  } catch (error) {
    return refusalOf(error)
  }
}

function refusalOf(error: unknown): RegexRefusal {
  const message = error instanceof Error ? error.message : String(error)
  if (message.endsWith('Cannot be executed in linear time')) {
    return {
      error: 'it cannot run in linear time; accepted are expressions without nested or large repeat counts',
      reason: 'not-linear',
    }
  }
  const detail = message.slice(message.lastIndexOf(': ') + 2)
  return { error: `${detail.charAt(0).toLowerCase()}${detail.slice(1)}`, reason: 'syntax' }
}
