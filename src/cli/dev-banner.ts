/** What `dev` prints when it is ready: one JSON line for programs, addresses to try for people. */
import type { DevServer } from '../controller/dev-server.ts'
import { listRoutes } from '../routing/route-list.ts'

/** Contract: one line of JSON, the first on standard output when that is not a terminal. */
export function formatReadyLine(host: string, server: Ports): string {
  const at = (scheme: string, port: number, address: string): string => `${scheme}://${formatHost(address)}:${port}`
  const ready = {
    event: 'ready',
    http: at('http', server.httpPort, host),
    https: at('https', server.httpsPort, host),
    admin: at('http', server.adminPort, '127.0.0.1'),
  }
  return `${JSON.stringify(ready)}\n`
}

type Ports = Pick<DevServer, 'httpPort' | 'httpsPort' | 'adminPort'>

const MOST_URLS = 8

/** Addresses, and a request to try for each of the first routes. */
export function formatAddresses(host: string, server: Ports & Pick<DevServer, 'state'>): string {
  const lines = [
    'genkan is ready',
    `  http   http://${formatHost(host)}:${server.httpPort}`,
    `  https  https://${formatHost(host)}:${server.httpsPort}`,
    `  admin  http://127.0.0.1:${server.adminPort}`,
    '',
    'Try:',
  ]
  const model = server.state.model
  const rows =
    model === null ? [] : listRoutes(model).filter((row) => row.path !== '' && !/[()[\]*^$?+\\]/.test(row.path))
  for (const row of rows.slice(0, MOST_URLS)) {
    const isHttp = row.schemes.includes('http')
    const url = `${isHttp ? 'http' : 'https'}://${row.host.endsWith('.localhost') ? row.host : formatHost(host)}:${isHttp ? server.httpPort : server.httpsPort}${row.path}`
    const header =
      row.host === '*' || row.host.endsWith('.localhost') ? '' : ` -H 'Host: ${row.host.replace('*', 'any')}'`
    lines.push(`  curl${isHttp ? '' : ' -k'}${header} '${url}'`)
  }
  if (rows.length > MOST_URLS) lines.push(`  … ${rows.length - MOST_URLS} more: genkan routes`)
  return `${lines.join('\n')}\n\n`
}

/** Host for a URL: IPv6 in brackets, "all addresses" as loopback. */
function formatHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
