/** Annotations that ask for what Genkan does anyway, or tune what it does not have: no reason to worry anybody. */
const BUFFERS = 'bodies are streamed as they come, so there is no buffer to set'

const NEEDLESS: Readonly<Record<string, string>> = {
  'client-body-buffer-size': BUFFERS,
  'enable-rewrite-log': 'genkan explain shows rewrites',
  'http2-push-preload': 'browsers have dropped HTTP/2 push',
  'proxy-buffering': BUFFERS,
  'proxy-buffers-number': BUFFERS,
  'proxy-busy-buffers-size': BUFFERS,
  'proxy-max-temp-file-size': BUFFERS,
  'proxy-request-buffering': BUFFERS,
}

/** @returns why the annotation has no effect; `null` for others */
export function needlessReason(name: string, value: string): string | null {
  if (name === 'proxy-http-version' && value === '1.1') return 'HTTP/1.1 is what upstreams are spoken to in'
  return Object.hasOwn(NEEDLESS, name) ? (NEEDLESS[name] ?? null) : null
}
