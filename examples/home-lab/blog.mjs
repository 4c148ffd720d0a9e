// A stand-in for the blog on the old server: `node examples/home-lab/blog.mjs [port]`.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(`the old blog, asked for ${request.headers.host}${request.url}\n`)
})
server.listen(Number(process.argv[2] ?? 2368), '127.0.0.1', () => {
  process.stdout.write(`blog listens on port ${server.address().port}\n`)
})
