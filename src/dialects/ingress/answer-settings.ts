/** What an Ingress asks for answers of its upstreams and their log, whoever's annotations said so. */
import type { Replacement } from '../../routing/answer-rewrites.ts'

export interface AnswerSettings {
  readonly isLogged: boolean
  readonly cookieDomain: Replacement | null
  readonly cookiePath: Replacement | null
  /** `off` = Location passes as it is. */
  readonly redirectFrom: string
  readonly redirectTo: string
}

export const PLAIN_ANSWERS: AnswerSettings = {
  isLogged: true,
  cookieDomain: null,
  cookiePath: null,
  redirectFrom: 'off',
  redirectTo: 'off',
}
