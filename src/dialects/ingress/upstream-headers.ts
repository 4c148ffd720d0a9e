/** What a forward does to the header fields between proxy and upstream, from what the Ingress asks for. */
import { type HeaderEdits, mergeHeaderEdits } from '../../routing/header-edits.ts'
import type { ForwardAction } from '../../routing/model.ts'
import { answerRewritesOf } from '../nginx/answer-annotations.ts'
import { isRewriteEffective } from '../nginx/locations.ts'
import type { Location } from './location.ts'

type Fields = Pick<
  ForwardAction,
  'upstreamHeaders' | 'connectionHeader' | 'addsOriginalUri' | 'hiddenHeaders' | 'answerRewrites'
>

/** Only fields that say something: routes without any stay as they are. */
export function upstreamHeaderFields(location: Location): Fields {
  const { headers } = location.settings
  const set: { name: string; value: string }[] = []
  if (headers.upstreamHost !== '') set.push({ name: 'Host', value: headers.upstreamHost })
  if (headers.forwardedPrefix !== '' && isRewriteEffective(location))
    set.push({ name: 'X-Forwarded-Prefix', value: headers.forwardedPrefix })
  // The administrator's come last, as nginx writes them.
  const own = new Set(headers.upstreamHeaders?.set.map(({ name }) => name.toLowerCase()))
  const kept = set.filter(({ name }) => !own.has(name.toLowerCase()))
  const written: HeaderEdits = { set: kept, add: [], remove: [] }
  const asked = mergeHeaderEdits(written, location.settings.genkan.requestHeaders ?? undefined)
  const upstreamHeaders = mergeHeaderEdits(asked, headers.upstreamHeaders ?? undefined) ?? written
  const answerRewrites = answerRewritesOf(location.settings.answers)
  return {
    ...(answerRewrites === undefined ? {} : { answerRewrites }),
    ...(isEmpty(upstreamHeaders) ? {} : { upstreamHeaders }),
    ...(headers.connectionHeader === '' ? {} : { connectionHeader: headers.connectionHeader }),
    ...(headers.addsOriginalUri ? { addsOriginalUri: true } : {}),
    ...(headers.hideHeaders.length === 0 ? {} : { hiddenHeaders: headers.hideHeaders }),
  }
}

function isEmpty({ set, add, remove }: HeaderEdits): boolean {
  return set.length + add.length + remove.length === 0
}
