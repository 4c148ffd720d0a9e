/** The help text of the controller's flags. */
import { flagNames, rowOf } from '../controller-flags.ts'
import type { FlagRow, FlagSupport } from './flag-row.ts'

const TITLES: Readonly<Record<FlagSupport, string>> = {
  works: 'Flags of ingress-nginx that say what is served:',
  cluster: 'Flags of ingress-nginx about the running program:',
  idle: 'Flags of ingress-nginx that are accepted and have nothing to do:',
  refused: 'Flags of ingress-nginx that are refused:',
}

/** Sections of `  --name type   what it does (default ...)`. */
export function formatControllerFlagHelp(): string {
  const width = Math.max(...flagNames().map((name) => label(name, rowOf(name)).length)) + 2
  const sections: string[] = []
  for (const [support, title] of Object.entries(TITLES)) {
    const lines = flagNames()
      .filter((name) => rowOf(name).support === support)
      .map((name) => `  ${label(name, rowOf(name)).padEnd(width)}${rowOf(name).note}${initialOf(rowOf(name))}`)
    if (lines.length > 0) sections.push(`${title}\n${lines.join('\n')}\n`)
  }
  return sections.join('\n')
}

function label(name: string, { type, letter }: FlagRow): string {
  return `${letter === undefined ? '    ' : `-${letter}, `}--${name}${type === 'bool' ? '' : ` ${type}`}`
}

function initialOf({ type, initial }: FlagRow): string {
  if (initial === '' || initial === false || (Array.isArray(initial) && initial.length === 0)) return ''
  if (type === 'duration') return ` (default ${Number(initial) / 1000}s)`
  return ` (default ${Array.isArray(initial) ? initial.join(',') : String(initial)})`
}
