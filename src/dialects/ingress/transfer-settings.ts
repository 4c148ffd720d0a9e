/** How an Ingress wants messages passed on: how fast, how long, in which words. Whoever's settings said so. */
import type { ForwardAction, Route } from '../../routing/model.ts'

/** Part of the settings of an Ingress. */
export interface TransferSettings {
  /** 0 = as fast as the client takes it. */
  readonly kilobytesPerSecond: number
  /** That much goes out before. */
  readonly freeKilobytes: number
  /** Longest head of an upstream's answer; 0 = our own bound. */
  readonly maxAnswerHeadBytes: number
  readonly usesHttp10: boolean
  /** Answers keep the upstream's Server field. */
  readonly passesServer: boolean
}

export const PLAIN_TRANSFER: TransferSettings = {
  kilobytesPerSecond: 0,
  freeKilobytes: 0,
  maxAnswerHeadBytes: 0,
  usesHttp10: false,
  passesServer: false,
}

export function bandwidthField({ kilobytesPerSecond, freeKilobytes }: TransferSettings): Pick<Route, 'bandwidth'> {
  if (kilobytesPerSecond === 0) return {}
  return { bandwidth: { bytesPerSecond: kilobytesPerSecond * 1024, freeBytes: freeKilobytes * 1024 } }
}

/** Only fields that say something: actions without any stay as they are. */
export function transferFields({
  maxAnswerHeadBytes,
  usesHttp10,
  passesServer,
}: TransferSettings): Pick<ForwardAction, 'maxAnswerHeadBytes' | 'usesHttp10' | 'passesServer'> {
  return {
    ...(maxAnswerHeadBytes === 0 ? {} : { maxAnswerHeadBytes }),
    ...(usesHttp10 ? { usesHttp10: true } : {}),
    ...(passesServer ? { passesServer: true } : {}),
  }
}
