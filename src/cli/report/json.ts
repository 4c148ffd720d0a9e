/** Findings for programs. */
import type { Finding } from '../../base/finding.ts'
import { escapeJson } from './escape.ts'

/** `{"findings": [{code, severity, message, origin}]}`, keys in this order, two spaces of indentation. */
export function formatJson(findings: readonly Finding[]): string {
  return `${escapeJson(JSON.stringify({ findings: findings.map(toJson) }, null, 2))}\n`
}

function toJson({ code, severity, message, origin }: Finding): Finding {
  const { object, path, file, line, column } = origin
  return {
    code,
    severity,
    message,
    origin: {
      object,
      path,
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    },
  }
}
