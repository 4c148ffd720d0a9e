/** TCP and UDP services and TLS passed through, as `genkan dev` serves them from files, in one process and in two workers. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { suite, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { writeTextHeader } from '../../src/proxy/proxy-protocol/write-header.ts'
import { findFreePort } from '../support/free-port.ts'
import { type RunningGenkan, startGenkan } from '../support/genkan.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

interface Ports {
  readonly echo: number
  readonly web: number
  readonly later: number
}

const OBJECTS = `
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { selector: { app: db }, ports: [{ name: tcp, port: 5432 }, { name: udp, port: 5432, protocol: UDP }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: db, namespace: shop }
spec: { replicas: 2, selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db }] } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: vault, namespace: shop, annotations: { nginx.ingress.kubernetes.io/ssl-passthrough: 'true' } }
spec:
  ingressClassName: nginx
  rules:
    - host: vault.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: db, port: { number: 5432 } } } }] }
`

function services(tcp: Readonly<Record<number, string>>, udp: Readonly<Record<number, string>>): string {
  const map = (name: string, data: Readonly<Record<number, string>>): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ingress }\ndata:\n` +
    Object.entries(data)
      .map(([port, value]) => `  '${port}': ${value}\n`)
      .join('')
  return `${map('tcp', tcp)}---\n${map('udp', udp)}`
}

async function ask(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data') as Promise<[Buffer]>
  socket.write(text)
  return (await answer)[0].toString()
}

async function askUdp(port: number, text: string): Promise<string> {
  const socket = createSocket('udp4')
  socket.send(text, port, '127.0.0.1')
  const [answer] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return answer.toString()
}

async function isClosed(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

for (const workers of [1, 2]) {
  suite(`streams with ${workers} worker${workers === 1 ? '' : 's'}`, { concurrency: false }, () => {
    test('services answer, follow their ConfigMap, and running connections stay', async () => {
      using folder = createTemporaryFolder()
      const ports: Ports = { echo: await findFreePort(), web: await findFreePort(), later: await findFreePort() }
      const write = (tcp: Readonly<Record<number, string>>): void =>
        writeFileSync(folder.file('services.yaml'), services(tcp, { [ports.echo]: 'shop/db:udp' }))
      writeFileSync(folder.file('objects.yaml'), OBJECTS)
      write({ [ports.echo]: 'shop/db:tcp', [ports.web]: 'shop/db:5432:PROXY' })
      const genkan: RunningGenkan = await startGenkan([
        folder.path,
        '--access-log=off',
        `--workers=${workers}`,
        '--tcp-services-configmap=ingress/tcp',
        '--udp-services-configmap=ingress/udp',
        '--enable-ssl-passthrough',
      ])
      try {
        const client = connect(ports.echo, '127.0.0.1')
        assert.equal(await ask(client, 'hello'), 'hello')
        assert.equal(await askUdp(ports.echo, 'datagram'), 'datagram')

        const header = writeTextHeader({
          sourceAddress: '192.0.2.7',
          sourcePort: 1,
          destinationAddress: '192.0.2.1',
          destinationPort: 2,
        })
        const web = connect(ports.web, '127.0.0.1')
        assert.match(await ask(web, `${header.toString()}GET / HTTP/1.1\r\nHost: a\r\n\r\n`), /^HTTP\/1\.1 200 /)
        web.destroy()

        const tls = connectTls({
          host: '127.0.0.1',
          port: genkan.httpsPort,
          servername: 'vault.example',
          rejectUnauthorized: false,
        })
        assert.match(await ask(tls, 'GET / HTTP/1.1\r\nHost: vault.example\r\n\r\n'), /^HTTP\/1\.1 200 [^]*db/)
        // The pod saw the request as the client wrote it: nobody added a line on the way.
        tls.destroy()

        write({ [ports.later]: 'shop/db:tcp' })
        while (await isClosed(ports.later)) await new Promise((resolve) => setImmediate(resolve))
        while (!(await isClosed(ports.echo))) await new Promise((resolve) => setImmediate(resolve))
        assert.equal(await ask(client, 'still'), 'still')
        client.destroy()
        const late = connect(ports.later, '127.0.0.1')
        assert.equal(await ask(late, 'new'), 'new')
        late.destroy()
      } finally {
        await genkan.stop()
      }
    })

    test('the PROXY protocol is switched on and off by its ConfigMap under open connections', async () => {
      using folder = createTemporaryFolder()
      const write = (isOn: boolean): void =>
        writeFileSync(
          folder.file('settings.yaml'),
          `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: ingress }\ndata: { use-proxy-protocol: '${isOn}' }\n`,
        )
      writeFileSync(folder.file('objects.yaml'), OBJECTS)
      write(false)
      const genkan = await startGenkan([
        folder.path,
        '--access-log=off',
        `--workers=${workers}`,
        '--config-map=ingress/settings',
      ])
      const request = 'GET / HTTP/1.1\r\nHost: vault.example\r\n\r\n'
      const header = writeTextHeader({
        sourceAddress: '192.0.2.7',
        sourcePort: 1,
        destinationAddress: '192.0.2.1',
        destinationPort: 80,
      }).toString()
      const answerOf = async (text: string): Promise<string> => {
        const socket = connect(genkan.httpPort, '127.0.0.1')
        try {
          return await Promise.race([ask(socket, text), once(socket, 'end').then(() => '')])
        } catch {
          return ''
        } finally {
          socket.destroy()
        }
      }
      const isReal = (address: string, answer: string): boolean => answer.includes(`"X-Real-Ip": ["${address}"]`)
      /** Each of the workers answers some of so many connections. */
      const always = async (isWanted: (answer: string) => boolean, text: string): Promise<void> => {
        for (let streak = 0; streak < 4 * workers;) streak = isWanted(await answerOf(text)) ? streak + 1 : 0
      }
      try {
        const before = connect(genkan.httpPort, '127.0.0.1')
        assert.ok(isReal('127.0.0.1', await ask(before, request)))
        write(true)
        await always((answer) => answer === '', request)
        await always((answer) => isReal('192.0.2.7', answer), header + request)
        assert.ok(isReal('127.0.0.1', await ask(before, request)))
        before.destroy()
        write(false)
        await always((answer) => isReal('127.0.0.1', answer), request)
      } finally {
        await genkan.stop()
      }
    })
  })
}
