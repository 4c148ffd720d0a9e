/**
 * The command line of ingress-nginx's controller, read exactly as Go's pflag reads it: `--flag=value`, `--flag value`,
 * `--bool`, `--bool=false` (never `--bool false`), `-v=2`, `-v 2`, `-v2`, `--` ends the flags, the last of several wins
 * and lists add up.
 */
import { closestName } from '../../base/edit-distance.ts'
import { FINDING_CODES, type FindingCode } from '../../base/finding-codes.ts'
import type { Finding, Origin } from '../../base/finding.ts'
import { lookUp } from '../annotations/registry.ts'
import { quote } from '../annotations/check-value.ts'
import { checkTogether } from './flags/flag-conflicts.ts'
import type { FlagRow, FlagValue } from './flags/flag-row.ts'
import { CONTROLLER_FLAGS, type ControllerOptions, type FlagName, REMOVED_FLAGS } from './flags/flag-table.ts'
import { ACCEPTED, parseGoValue } from './flags/go-value.ts'

export interface ControllerCommand {
  /** Every flag with its value or default. */
  readonly options: ControllerOptions
  /** Flags that the command line gives a value that could be read, and the position of that argument. */
  readonly given: ReadonlyMap<FlagName, number>
  /** An error is what ends ingress-nginx at its start; an info is a flag that has nothing to do here. */
  readonly findings: readonly Finding[]
}

export const DEFAULT_CONTROLLER_OPTIONS = Object.fromEntries(
  Object.entries(CONTROLLER_FLAGS).map(([name, row]) => [name, row.initial]),
) as unknown as ControllerOptions

const LETTERS = new Map<string, FlagName>(
  flagNames().flatMap((name) => {
    const { letter } = rowOf(name)
    return letter === undefined ? [] : [[letter, name] as const]
  }),
)

/** The flags' names in the order of the table. */
export function flagNames(): readonly FlagName[] {
  return Object.keys(CONTROLLER_FLAGS) as FlagName[]
}

export function rowOf(name: FlagName): FlagRow {
  return CONTROLLER_FLAGS[name]
}

/**
 * Never throws: what cannot be read is a finding, and the default stands.
 *
 * @param argv arguments, with or without the program's name at the beginning
 * @param originOf the place of an argument, by its position
 */
export function parseControllerFlags(
  argv: readonly string[],
  originOf: (index: number) => Origin = () => ({ object: 'command line', path: '' }),
): ControllerCommand {
  const reader = createReader(originOf)
  let index = 0
  while (index < argv.length) {
    const argument = argv[index] ?? ''
    if (argument === '--') break
    if (/^--[^-=]/.test(argument)) index += reader.readLong(argument, argv[index + 1], index)
    else if (/^-[^-]/.test(argument)) index += reader.readShort(argument, argv[index + 1], index)
    else {
      if (index > 0) reader.refuse(argument, index)
      index++
    }
  }
  const options = { ...DEFAULT_CONTROLLER_OPTIONS, ...Object.fromEntries(reader.values) } as ControllerOptions
  const together = checkTogether(options, reader.given, originOf)
  return { options, given: reader.given, findings: [...reader.findings, ...reader.idle(), ...together] }
}

interface Reader {
  readonly values: ReadonlyMap<FlagName, FlagValue>
  readonly given: ReadonlyMap<FlagName, number>
  readonly findings: readonly Finding[]
  /** @returns how many arguments were read */
  readLong(argument: string, next: string | undefined, index: number): number
  readShort(argument: string, next: string | undefined, index: number): number
  /** An argument that is no flag. */
  refuse(argument: string, index: number): void
  /** Remarks about flags that are given and have nothing to do. */
  idle(): readonly Finding[]
}

function createReader(originOf: (index: number) => Origin): Reader {
  const values = new Map<FlagName, FlagValue>()
  const given = new Map<FlagName, number>()
  const findings: Finding[] = []

  const remark = (code: FindingCode, message: string, index: number): void => {
    findings.push({ code, severity: FINDING_CODES[code].severity, message, origin: originOf(index) })
  }

  const take = (name: FlagName, text: string, index: number): void => {
    const { type } = rowOf(name)
    const value = parseGoValue(type, text)
    if (value === null) {
      const message = `Cannot use --${name}: its value is ${quote(text)}; accepted is ${ACCEPTED[type]}`
      remark('CONTROLLER_FLAG_VALUE', message, index)
      return
    }
    const before = values.get(name)
    const isList = type === 'strings' || type === 'floats'
    values.set(name, isList && Array.isArray(before) ? ([...before, ...(value as [])] as FlagValue) : value)
    given.set(name, index)
  }

  const readNext = (name: FlagName, next: string | undefined, index: number): number => {
    if (next === undefined) {
      const message = `Cannot use --${name}: it has no value; accepted is ${ACCEPTED[rowOf(name).type]}`
      remark('CONTROLLER_FLAG_VALUE', message, index)
      return 1
    }
    take(name, next, index)
    return 2
  }

  return {
    values,
    given,
    findings,
    readLong(argument, next, index) {
      const equals = argument.indexOf('=')
      const name = argument.slice(2, equals === -1 ? undefined : equals)
      if (!isFlag(name)) {
        remark('CONTROLLER_FLAG_UNKNOWN', describeUnknown(name), index)
        return 1
      }
      if (equals !== -1) take(name, argument.slice(equals + 1), index)
      else if (rowOf(name).type === 'bool') take(name, 'true', index)
      else return readNext(name, next, index)
      return 1
    },
    readShort(argument, next, index) {
      const name = LETTERS.get(argument[1] ?? '')
      if (name === undefined) {
        const meant = argument.slice(1).replace(/=.*$/s, '')
        const advice = isFlag(meant) ? `write --${meant} with two dashes` : 'flags begin with two dashes'
        remark('CONTROLLER_FLAG_UNKNOWN', `Cannot use ${quote(argument)}: there is no such flag; ${advice}`, index)
        return 1
      }
      const rest = argument.slice(2)
      if (rest === '') return readNext(name, next, index)
      take(name, rest.startsWith('=') ? rest.slice(1) : rest, index)
      return 1
    },
    refuse(argument, index) {
      const advice = /^(?:true|false)$/.test(argument)
        ? `write --flag=${argument}, because a flag of that type takes no next argument`
        : 'remove it, or write it as --flag=value'
      remark('CONTROLLER_FLAG_UNKNOWN', `Cannot use ${quote(argument)}: it is no flag; ${advice}`, index)
    },
    idle() {
      const idle: Finding[] = []
      for (const [name, index] of given) {
        const { support, note } = rowOf(name)
        if (support !== 'idle' && support !== 'refused') continue
        const code = support === 'idle' ? 'CONTROLLER_FLAG_IDLE' : 'CONTROLLER_FLAG_VALUE'
        const message = `Cannot use --${name}: ${note}; remove it to be rid of this remark`
        idle.push({ code, severity: FINDING_CODES[code].severity, message, origin: originOf(index) })
      }
      return idle
    },
  }
}

function isFlag(name: string): name is FlagName {
  return Object.hasOwn(CONTROLLER_FLAGS, name)
}

function describeUnknown(name: string): string {
  const removed = lookUp(REMOVED_FLAGS, name)
  if (removed !== undefined) return `Cannot use --${name}: ingress-nginx no longer has it; ${removed}`
  const close = closestName(name, flagNames())
  const advice = close === null ? 'accepted are the flags of ingress-nginx v1.15' : `did you mean --${close}`
  return `Cannot use ${quote(`--${name}`)}: there is no such flag; ${advice}`
}
