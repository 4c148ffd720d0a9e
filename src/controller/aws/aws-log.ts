/** Log lines in the form of the founding controller: `[ALB-INGRESS] [namespace/name] [INFO]: text`. */

export type LogLevel = 'INFO' | 'WARN' | 'ERROR'

export interface AwsLog {
  /** @param scope `controller`, `ingresses`, or `namespace/name` of the object that it is about */
  write(scope: string, level: LogLevel, text: string): void
}

/** @param write takes one line without its end */
export function createAwsLog(write: (line: string) => void): AwsLog {
  return {
    write: (scope, level, text) => write(`[ALB-INGRESS] [${scope}] [${level}]: ${text}`),
  }
}

/** `shop/web` of `Ingress shop/web`. */
export function scopeOf(object: string): string {
  return object.slice(object.indexOf(' ') + 1)
}
