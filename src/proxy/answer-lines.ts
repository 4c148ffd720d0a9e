/** What routes and gates make of the lines of an answer, whatever the client speaks. */
import { type AnswerEditor, editAnswer } from '../routing/answer-edits.ts'
import type { Scheme } from '../routing/model.ts'
import type { GateRun } from './filters/gate-run.ts'

/**
 * @param editor `null` where the route changes nothing
 * @param origin that the request named
 * @param gateRun with what the gates said, `null` when there are none
 */
export function answerLines(
  lines: string,
  status: number,
  editor: AnswerEditor | null,
  origin: string,
  scheme: Scheme,
  gateRun: GateRun | null,
): string {
  const edited = editor !== null && editor.editsAnswers ? editAnswer(editor, origin, lines, scheme) : lines
  return gateRun === null ? edited : edited + gateRun.answerLines(status)
}
