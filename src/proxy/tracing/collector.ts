/** The far end of an export: an OTLP collector, over gRPC or over HTTP. */

/** How one export ended. */
export type ExportOutcome =
  /** `rejected`: spans that the collector did not take; sending them again is no use. */
  | { readonly kind: 'taken'; readonly rejected: number }
  /** Nothing arrived for good: the same spans may be sent again later. */
  | { readonly kind: 'again'; readonly reason: string }
  /** The collector does not want them. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface Collector {
  /** Never rejects. One export at a time. @param message an ExportTraceServiceRequest */
  send(message: Buffer): Promise<ExportOutcome>
  close(): void
}

export const EXPORT_TIMEOUT_MS = 10_000
/** Of an answer; a collector says a few bytes. */
export const MOST_ANSWER_BYTES = 65_536

/** `host:port`, IPv6 in brackets. */
export function collectorAuthority(host: string, port: number): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`
}
