/** What a running controller says on standard error: lines of text for people, or of JSON for whoever collects logs. */
import { escapeJson, escapeLine } from './report/escape.ts'

export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** `warning`: it goes on, but somebody should look; `error`: the program ends by it. */
export type LogLevel = 'info' | 'warning' | 'error'

export type Log = (level: LogLevel, message: string) => void

/**
 * Text lines are the message alone. JSON lines have `time` (RFC 3339, UTC, milliseconds), `level` and `message`.
 *
 * @param write gets whole lines
 */
export function createLog(format: LogFormat, write: (line: string) => void, now: () => Date = () => new Date()): Log {
  if (format === 'text') return (_level, message) => write(`${escapeLine(message)}\n`)
  return (level, message) => write(`${escapeJson(JSON.stringify({ time: now().toISOString(), level, message }))}\n`)
}
