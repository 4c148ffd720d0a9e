/**
 * A small page over the API: routes, backends, findings. All text reaches it as JSON and is set as text content, never
 * as markup; the Content-Security-Policy allows no inline code.
 */

export const PAGE_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Genkan</title>
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header><h1>Genkan</h1><p id="version" aria-live="polite">loading</p></header>
<main>
<section aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2><div id="findings"></div></section>
<section aria-labelledby="routes-title"><h2 id="routes-title">Routes in match order</h2><div id="routes"></div></section>
<section aria-labelledby="backends-title"><h2 id="backends-title">Backends</h2><div id="backends"></div></section>
</main>
<footer><a href="/metrics">metrics</a> <a href="/healthz">healthz</a> <a href="/readyz">readyz</a></footer>
<noscript>This page needs JavaScript; the same data is at /api/v1/routes, /api/v1/backends and /api/v1/findings.</noscript>
</body>
</html>
`

export const PAGE_STYLE = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; }
header { display: flex; align-items: baseline; gap: 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
td { font-family: ui-monospace, monospace; font-size: 0.85rem; overflow-wrap: anywhere; }
.error td:first-child { color: #c62828; }
.warning td:first-child { color: #b26a00; }
footer { margin-top: 2rem; }
`

export const PAGE_SCRIPT = `'use strict'
const place = (origin) => [origin.object, origin.path, origin.file ? origin.file + ':' + (origin.line || 1) : ''].filter(Boolean).join(' ')
const endpoints = (backend) => backend.dns || backend.endpoints.map((e) => e.address + ':' + e.port + (e.pod ? ' ' + e.pod : '')).join(', ') || 'none'

function table(id, head, rows, empty) {
  const target = document.getElementById(id)
  if (rows.length === 0) return void (target.textContent = empty)
  const element = document.createElement('table')
  const header = element.createTHead().insertRow()
  for (const title of head) {
    const cell = document.createElement('th')
    cell.scope = 'col'
    cell.textContent = title
    header.append(cell)
  }
  const body = element.createTBody()
  for (const { cells, kind } of rows) {
    const row = body.insertRow()
    row.className = kind || ''
    for (const text of cells) row.insertCell().textContent = text
  }
  target.replaceChildren(element)
}

async function read(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(path + ' answered ' + response.status)
  return response.json()
}

async function show() {
  const status = document.getElementById('version')
  try {
    const [version, routes, backends, { findings }] = await Promise.all(
      ['version', 'routes', 'backends', 'findings'].map((name) => read('/api/v1/' + name)),
    )
    status.textContent = version.version + ', configuration ' + version.configVersion + (version.appliedAt ? ' of ' + version.appliedAt : '')
    table('findings', ['Severity', 'Code', 'Message', 'Where'], findings.map((f) => ({ kind: f.severity, cells: [f.severity, f.code, f.message, place(f.origin)] })), 'Nothing to remark.')
    table('routes', ['Host', 'Path', 'Type', 'Service', 'Action', 'From'], routes.map((r) => ({ cells: [r.host, r.path, r.pathType, r.service, r.action, place(r.origin)] })), 'No routes.')
    table('backends', ['Backend', 'Endpoints'], backends.map((b) => ({ cells: [b.id, endpoints(b)] })), 'No backends.')
  } catch (error) {
    status.textContent = 'Cannot read the state: ' + error.message
  }
}

void show()
setInterval(() => document.hidden || show(), 5000)
`
