/** What a route has without anybody asking for it, by the controller that its Ingress was written for. */
import { personalityOfIngress } from '../../dialects/ingress/class.ts'
import type { PersonalityName } from '../../dialects/ingress/personality.ts'
import {
  ALB_SETTINGS,
  CONTOUR_SETTINGS,
  type IngressSettings,
  NGINX_SETTINGS,
} from '../../dialects/ingress/settings.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Route } from '../../routing/model.ts'

export interface Habits {
  readonly name: PersonalityName
  /** What holds where nothing is written. */
  readonly settings: IngressSettings
}

const HABITS: Readonly<Record<PersonalityName, Habits>> = {
  nginx: { name: 'nginx', settings: NGINX_SETTINGS },
  contour: { name: 'contour', settings: CONTOUR_SETTINGS },
  alb: { name: 'alb', settings: ALB_SETTINGS },
}

/** Finds the habits of a route's Ingress; those of ingress-nginx where there is none. */
export function createHabits(snapshot: Snapshot): (route: Route) => Habits {
  const known = new Map<string, Habits>(
    snapshot.ingresses.map((ingress) => [
      `${ingress.meta.namespace}/${ingress.meta.name}`,
      HABITS[personalityOfIngress(snapshot, ingress).name],
    ]),
  )
  return ({ labels }) => known.get(`${labels.namespace}/${labels.ingress}`) ?? HABITS.nginx
}
