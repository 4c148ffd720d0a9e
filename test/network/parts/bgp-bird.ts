/** BIRD 2 as a peer. */
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OWN_V4, OWN_V6, type PeerHost } from './bgp-hosts.ts'
import { MY_ASN, PEER_ASN, until } from './bgp-peer.ts'
import { eventually } from './eventually.ts'

export interface BirdOptions {
  /** Within `protocol bgp`. */
  readonly extra?: string
  readonly neighborAsn?: number
  readonly hasIpv4?: boolean
  readonly hasIpv6?: boolean
  /** Both families over the IPv4 session. */
  readonly isDualStack?: boolean
  readonly hasBfd?: boolean
  /** Instead of one that takes all routes and gives none. */
  readonly channel?: string
  /** Routes that bird has itself. */
  readonly routes?: readonly string[]
  /** Seconds of its own. */
  readonly holdSeconds?: number
}

export interface Bird {
  /** What `birdc` says. */
  readonly ask: (command: string) => Promise<string>
  readonly log: string
  readonly pid: () => number
  readonly stop: () => void
}

export async function startBird(host: PeerHost, options: BirdOptions = {}): Promise<Bird> {
  const {
    extra = '',
    neighborAsn = MY_ASN,
    hasIpv4 = true,
    hasIpv6 = false,
    isDualStack = false,
    hasBfd = false,
    routes = [],
  } = options
  const socket = join(host.folder, 'bird.ctl')
  const log = join(host.folder, 'bird.log')
  const config = join(host.folder, 'bird.conf')
  const protocol = (name: string, own: string, neighbor: string, channels: string): string => `
protocol bgp ${name} {
  local ${own} as ${PEER_ASN};
  neighbor ${neighbor} as ${neighborAsn};
  ${channels}
  hold time ${options.holdSeconds ?? 90};
  connect delay time 1;
  error wait time 1, 2;
  ${hasBfd ? 'bfd on;' : ''}
  ${extra}
}`
  const v4 = options.channel ?? 'ipv4 { import all; export none; };'
  const v6 = 'ipv6 { import all; export none; };'
  writeFileSync(
    config,
    `log "${log}" all;
router id ${host.v4};
debug protocols { states, events };
protocol device {}
protocol static { ipv4; ${routes.map((route) => `route ${route} blackhole;`).join(' ')} }
${hasBfd ? 'protocol bfd { interface "eth0" { min rx interval 100 ms; min tx interval 100 ms; multiplier 3; }; multihop { min rx interval 100 ms; min tx interval 100 ms; multiplier 3; }; }' : ''}
${hasIpv4 ? protocol('four', host.v4, OWN_V4, isDualStack ? `${v4} ${v6}` : v4) : ''}
${hasIpv6 ? protocol('six', host.v6, OWN_V6, v6) : ''}
`,
  )
  const child = host.start('bird', '-f', '-c', config, '-s', socket)
  await until(() => spawnSync('birdc', ['-s', socket, 'show', 'status']).status === 0, 'bird')
  return {
    ask: (command) => askBird(socket, command),
    log,
    pid: () => child.pid ?? 0,
    stop: () => void child.kill('SIGKILL'),
  }
}

/** @returns what `birdc` says once it matches. @throws {Error} after half a minute */
export async function shows(bird: Bird, command: string, pattern: RegExp): Promise<string> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const text = await bird.ask(command)
    if (pattern.test(text)) return text
    if (performance.now() > deadline) throw new Error(`${command} never showed ${pattern}: ${text}`)
  }
}

/** Waits until its log has that: what ended a session is shown only until the next attempt. */
export function logs(bird: Bird, pattern: RegExp): Promise<void> {
  return eventually(`${pattern} in the log of bird`, () => pattern.test(readFileSync(bird.log, 'utf8')))
}

/** Over the control socket itself: starting a program takes longer than what is measured. */
function askBird(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    let isAsked = false
    const socket = connect(path)
    socket.setEncoding('utf8')
    socket.on('error', reject)
    socket.on('data', (chunk: string) => {
      text += chunk
      // Every answer ends with a line of a code below 2000 or from 8000 on, and a space behind it.
      if (!/^(?:0|[89])\d{3} .*\n$/m.test(text)) return
      if (isAsked) {
        socket.destroy()
        resolve(text)
      } else {
        isAsked = true
        text = ''
        socket.write(`${command}\n`)
      }
    })
  })
}
