/**
 * An endpoint outside, as a process of its own: `node webhook-receiver.mjs`; prints its port. What came is at `/received`.
 * By path: `/taken` takes everything, `/stumbles` fails at the first call of each id, `/holds` answers the first call of
 * each id never, `/gone` answers 410.
 */
import { createServer } from 'node:http'

/** @type {{ at: string, path: string, id: string, timestamp: string, signature: string, type: string, body: string }[]} */
const received = []
/** @type {Set<string>} */
const seen = new Set()

const server = createServer(async (request, response) => {
  const path = request.url ?? '/'
  if (path === '/received') return void response.end(JSON.stringify(received))
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const header = (/** @type {string} */ name) => String(request.headers[name] ?? '')
  const id = header('webhook-id')
  const isFirst = !seen.has(`${path} ${id}`)
  seen.add(`${path} ${id}`)
  received.push({
    at: new Date().toISOString(),
    path,
    id,
    timestamp: header('webhook-timestamp'),
    signature: header('webhook-signature'),
    type: header('content-type'),
    body: Buffer.concat(chunks).toString('utf8'),
  })
  if (path === '/holds' && isFirst) return
  if (path === '/gone') response.statusCode = 410
  else response.statusCode = path === '/stumbles' && isFirst ? 500 : 200
  response.end('ok')
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : '')
})
