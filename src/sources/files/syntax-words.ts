/** What the YAML parser complains about, in words that say what to write. Never quotes the text: it may be secret. */
import type { ErrorCode } from 'yaml'

const WORDS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have a tag or anchor of its own; remove it',
  BAD_ALIAS:
    'an alias (*name) has no anchor (&name) before it in this document; define the anchor or write the value out',
  BAD_COLLECTION_TYPE: 'a tag (!name) says another type than what follows; remove the tag',
  BAD_DIRECTIVE: 'a line that begins with "%" is not a directive that YAML knows; remove it',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins no known escape; write it twice, or use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines around it; line it up with its neighbours, using spaces',
  BAD_PROP_ORDER: 'an anchor or tag stands in the wrong place; write it directly before the value',
  BAD_SCALAR_START: 'a value begins with a reserved character (@ ` % or similar); put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'there is a second ": " in one line, or the next line is indented too far; put the value in quotes',
  BLOCK_IN_FLOW: 'a list or map in lines stands inside brackets; write it in brackets too, or close the bracket before',
  DUPLICATE_KEY: 'a key is written twice in one map; remove one of them',
  IMPOSSIBLE: 'the text cannot be read as YAML; check the characters here',
  KEY_OVER_1024_CHARS: 'a key is longer than 1,024 characters; is a ":" misplaced?',
  MISSING_CHAR: 'a closing quote, bracket or ":" is missing; add it',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines; is a ":" or the space after it missing in the line above?',
  MULTIPLE_ANCHORS: 'a value has two anchors (&name); keep one',
  MULTIPLE_DOCS: 'a second document begins here; put a line with "---" before it',
  MULTIPLE_TAGS: 'a value has two tags (!name); keep one',
  NON_STRING_KEY: 'a key is not text; put it in quotes',
  RESOURCE_EXHAUSTION: 'lists or maps are nested too deep; nothing Kubernetes reads is',
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!name) is not known; remove it',
  UNEXPECTED_TOKEN: 'something stands here that does not belong; is a line above indented differently, or not closed?',
}

/**
 * @param isFlow the complaint is about something in brackets
 * @param isTemplate the document holds `{{`, so it is likely not rendered yet
 */
export function describeYamlFault(code: ErrorCode, isFlow: boolean, isTemplate: boolean): string {
  const words = code === 'BAD_INDENT' && isFlow ? WORDS.MISSING_CHAR : WORDS[code]
  return isTemplate ? `${words}. It looks like a template ({{ }}); render it first, as with "helm template"` : words
}
