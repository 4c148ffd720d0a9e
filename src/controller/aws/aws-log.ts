/** Log lines in the form of the founding controller: `[ALB-INGRESS] [namespace/name] [INFO]: text`. */

export type LogLevel = 'INFO' | 'WARN' | 'ERROR'

export interface AwsLog {
  /** @param scope `controller`, `ingresses`, or `namespace/name` of the object that it is about */
  write(scope: string, level: LogLevel, text: string): void
}

const RANKS: Readonly<Record<string, number>> = { DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3 }

/**
 * Says first which level it has.
 *
 * @param write takes one line without its end
 * @param wanted least level that is written: `DEBUG`, `INFO`, `WARN` or `ERROR`; anything else is INFO
 */
export function createAwsLog(write: (line: string) => void, wanted: string): AwsLog {
  const rank = Object.hasOwn(RANKS, wanted) ? RANKS[wanted] : undefined
  const log: AwsLog = {
    write(scope, level, text) {
      if ((RANKS[level] ?? 0) >= (rank ?? 1)) write(`[ALB-INGRESS] [${scope}] [${level}]: ${text}`)
    },
  }
  const otherwise = ', defaulting to INFO. To change, set LOG_LEVEL environment variable to WARN, ERROR, or DEBUG.'
  log.write('controller', 'INFO', `Log level read as "${wanted.slice(0, 20)}"${rank === undefined ? otherwise : '.'}`)
  return log
}

/** `shop/web` of `Ingress shop/web`. */
export function scopeOf(object: string): string {
  return object.slice(object.indexOf(' ') + 1)
}
