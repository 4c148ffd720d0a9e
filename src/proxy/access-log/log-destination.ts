/** Where the access log goes: what the command line says, or else the settings. */
import type { AccessLogSettings } from '../../routing/model.ts'
import { type LogSink, openLogSink } from './log-sink.ts'
import { createSyslogSink } from './syslog-sink.ts'

export type LogDestination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'syslog'; readonly host: string; readonly port: number }

/** @param target of the command line; empty leaves it to the settings */
export function chooseDestination(target: string, { path, syslog }: AccessLogSettings): LogDestination {
  if (target !== '') return { kind: 'file', path: target }
  return syslog === undefined ? { kind: 'file', path: path ?? '-' } : { kind: 'syslog', ...syslog }
}

/** @throws {Error} saying what to do when a file cannot be opened */
export function openDestination(destination: LogDestination): LogSink {
  return destination.kind === 'file'
    ? openLogSink(destination.path)
    : createSyslogSink(destination.host, destination.port)
}

export function isSameDestination(a: LogDestination, b: LogDestination): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Somebody watches standard output: lines come soon. */
export function isWatched(destination: LogDestination): boolean {
  return destination.kind === 'file' && destination.path === '-'
}
