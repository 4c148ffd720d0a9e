/** Reads one manifest file as text, within bounds, and says in words why it cannot be read. */
import { type FileHandle, open } from 'node:fs/promises'
import { remark } from '../../base/remark.ts'
import type { Finding } from '../../base/finding.ts'
import type { FindingCode } from '../../base/finding-codes.ts'

/** Larger files are refused: manifests are small, and parsing this much already takes seconds. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** The name under which findings speak of standard input. */
export const STDIN_NAME = '<stdin>'

export type TextOfFile =
  | { readonly ok: true; readonly text: string }
  /** `isGone`: the file was removed since it was listed. */
  | { readonly ok: false; readonly finding: Finding; readonly isGone: boolean }

/** Reads a file (or a pipe named like one). */
export async function readText(path: string): Promise<TextOfFile> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    return decodeText(path, await readHandle(handle))
  } catch (error) {
    return { ok: false, finding: unreadable(path, error), isGone: codeOf(error) === 'ENOENT' }
  } finally {
    await handle?.close()
  }
}

/** Reads a stream such as standard input to its end. */
export async function readStream(stream: AsyncIterable<Buffer | string>): Promise<TextOfFile> {
  try {
    return decodeText(STDIN_NAME, await readAtMost(stream))
  } catch (error) {
    return { ok: false, finding: unreadable(STDIN_NAME, error), isGone: false }
  }
}

/** FILE_UNREADABLE with the reason of a file system error in words. */
export function unreadable(path: string, error: unknown): Finding {
  return fileFinding('FILE_UNREADABLE', path, `Cannot read ${path}: ${describeError(error)}`)
}

/** A finding about a file as a whole. */
export function fileFinding(code: FindingCode, path: string, message: string): Finding {
  return remark(code, { object: path, path: '', file: path }, message)
}

/** The stable code of a file system error, or empty. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Size is only a hint: a pipe says 0, and a file may grow meanwhile. `null` when there is more than is accepted. */
async function readHandle(handle: FileHandle): Promise<Buffer | null> {
  const { size } = await handle.stat()
  let buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 4095), MAX_FILE_BYTES) + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null)
    if (bytesRead === 0) return buffer.subarray(0, length)
    length += bytesRead
    if (length > MAX_FILE_BYTES) return null
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(length * 2, MAX_FILE_BYTES + 1))
  }
}

/** `null` when there is more than is accepted. */
async function readAtMost(stream: AsyncIterable<Buffer | string>): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += bytes.length
    if (size > MAX_FILE_BYTES) return null
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function decodeText(path: string, bytes: Buffer | null): TextOfFile {
  const refuse = (code: FindingCode, state: string): TextOfFile => {
    return { ok: false, finding: fileFinding(code, path, `Cannot read ${path}: ${state}`), isGone: false }
  }
  if (bytes === null) {
    return refuse(
      'FILE_TOO_LARGE',
      `it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB; split it into smaller files`,
    )
  }
  if (isUtf16(bytes)) return refuse('FILE_NOT_TEXT', 'it is UTF-16 text; save it as UTF-8')
  if (bytes.includes(0)) return refuse('FILE_NOT_TEXT', 'it holds binary data; YAML or JSON text is accepted')
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return refuse('FILE_NOT_TEXT', 'it is not UTF-8 text; save it as UTF-8')
  }
}

/** A byte order mark of UTF-16, or ASCII with a zero byte beside each letter, as Windows PowerShell writes. */
function isUtf16(bytes: Buffer): boolean {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  const isLittle = first !== 0 && second === 0 && third !== 0 && fourth === 0
  const isBig = first === 0 && second !== 0 && third === 0 && fourth !== 0
  return bytes.length >= 4 && (isLittle || isBig)
}

function describeError(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ENOENT') return 'it does not exist; check the spelling'
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied; allow this user to read it'
  if (code === 'ELOOP') return 'its symbolic links lead in a circle; replace them by a file or folder'
  if (code === 'ENOTDIR') return 'a part of the path is not a folder; check the spelling'
  if (code === 'EISDIR') return 'it is a folder; a file is due'
  if (code === 'ENXIO') return 'it is not a regular file; give a file or a folder'
  return `the system says ${code === '' ? 'only that it failed' : code}; check the file`
}
