import '@flotilla/telemetry/register'
import { once } from 'node:events'
import http from 'node:http'
import { trace } from '@opentelemetry/api'
import type { StorePorts } from './ports.js'
import type { LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scopes } from './auth/principal.js'
import type { App } from './make-app.js'
import { aKey, anApp, aStore, aWorkflow, keyOf } from './testing/a-gateway.js'

const runId = '01941f29-7c00-7000-8000-000000000000'
const found: Partial<StorePorts> = {
  readDefinition: (_tenant, name, version) =>
    Promise.resolve(
      name === 'small' && (version ?? 1) === 1
        ? { own: false, name, version: 1, hash: 'h', createdAt: new Date(0), createdBy: 'x', definition: aWorkflow }
        : null,
    ),
  submit: (batch) =>
    Promise.resolve(
      batch.map(({ runId: id, traceId }) => ({
        outcome: 'accepted' as const,
        runId: id,
        traceId,
        createdAt: new Date(0),
      })),
    ),
  readRun: () => Promise.resolve(null),
}
const keys = [
  aKey('admin', ['*']),
  aKey('none', []),
  ...scopes.map((scope) => aKey(scope.replace(/[^a-z]/g, ''), [scope])),
  aKey('expired', ['*'], { expiresAt: new Date(1) }),
  aKey('revoked', ['*'], { revokedAt: new Date(1) }),
]

let app: Awaited<ReturnType<typeof anApp>>
beforeAll(async () => {
  app = await anApp(aStore(keys, found))
})
afterAll(() => app.nest.close())

const bearer = (id: string) => ({ authorization: `Bearer ${keyOf(id)}` })

const expectProblem = (answer: LightMyRequestResponse, status: number, code: string): void => {
  expect([answer.statusCode, answer.json().code]).toEqual([status, code])
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  const body = answer.json()
  expect(Object.keys(body).sort()).toEqual(
    ['code', 'detail', 'errors', 'instance', 'status', 'title', 'traceId', 'type'].sort(),
  )
  expect(body.status).toBe(status)
  expect(body.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(Array.isArray(body.errors)).toBe(true)
  expect(answer.body).not.toMatch(/\bat .*\.(ts|js)|ECONNREFUSED|10\.0\.0\.1/)
}

const routesOf = ({ routes }: App) => routes.routes.filter(({ method }) => method !== 'HEAD')
const urlOf = (path: string) =>
  path.replaceAll(':runId', runId).replaceAll(':artifactId', 'a').replaceAll(':version', '1').replaceAll(/:\w+/g, 'x')
const inject = (method: string, url: string, headers: Record<string, string> = {}, payload?: string | object) =>
  app.fastify.inject({ method: method as 'GET', url, headers, ...(payload === undefined ? {} : { payload }) })

describe('every route', () => {
  test('there are routes to test', () => {
    expect(routesOf(app).length).toBeGreaterThan(25)
  })
  test('declares who may enter', () => {
    for (const { path, declaration } of app.routes.routes) expect(declaration.access, path).toBeDefined()
  })
  test('that is not open refuses a request without a key and with a wrong one', async () => {
    for (const { method, path, declaration } of routesOf(app)) {
      if (declaration.access === 'open') continue
      const missing = await inject(method, urlOf(path))
      expectProblem(missing, 401, 'KEY_MISSING')
      expect(missing.headers['www-authenticate']).toContain('Bearer')
      expectProblem(await inject(method, urlOf(path), bearer('unknown')), 401, 'KEY_INVALID')
    }
  })
  test('is entered by exactly the scopes that it declares', async () => {
    for (const { method, path, declaration } of routesOf(app)) {
      const { access } = declaration
      if (!Array.isArray(access)) continue
      for (const scope of scopes) {
        const answer = await inject(method, urlOf(path), bearer(scope.replace(/[^a-z]/g, '')))
        const refused = answer.statusCode === 403 && answer.json().code === 'SCOPE_MISSING'
        expect(refused, `${method} ${path} with ${scope}`).toBe(!access.includes(scope))
      }
      expectProblem(await inject(method, urlOf(path), bearer('none')), 403, 'SCOPE_MISSING')
    }
  })
  test('of a run that is not the tenant’s is 404', async () => {
    for (const { method, path } of routesOf(app)) {
      if (!path.startsWith('/runs/:runId') || method !== 'GET' || path.endsWith('/events')) continue
      expectProblem(await inject(method, urlOf(path), bearer('admin')), 404, 'RUN_UNKNOWN')
      expectProblem(await inject(method, urlOf(path).replace(runId, '1'), bearer('admin')), 404, 'RUN_UNKNOWN')
    }
  })
  test('stands in the description, with its problem and its scope', async () => {
    const document = (await inject('GET', '/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    for (const { method, path, declaration } of routesOf(app)) {
      const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      expect(operation, `${method} ${path}`).toBeDefined()
      expect(operation.responses['400'].$ref).toBe('#/components/responses/Problem')
      expect(operation.security.length > 0).toBe(declaration.access !== 'open')
    }
    const ids = Object.values<any>(document.paths).flatMap((path) => Object.values<any>(path).map((o) => o.operationId))
    expect(new Set(ids).size).toBe(ids.length)
  })
  test('has references that lead somewhere in the description', async () => {
    const text = (await inject('GET', '/openapi.json')).body
    const document = JSON.parse(text)
    for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g))
      expect(document.components[kind ?? ''][name ?? ''], name).toBeDefined()
  })
})

describe('a key', () => {
  test.each(['expired', 'revoked'])('that is %s is refused', async (id) => {
    expectProblem(await inject('GET', '/gates', bearer(id)), 401, 'KEY_INVALID')
  })
  test.each(['Bearer', 'Bearer x y', 'Basic eDp5', 'fl_a_b', `Bearer ${keyOf('admin')}x`])(
    'in the form %j is refused',
    async (authorization) => {
      expectProblem(await inject('GET', '/gates', { authorization }), 401, 'KEY_INVALID')
    },
  )
  test('as the password of Basic opens the board and nothing else', async () => {
    const authorization = `Basic ${Buffer.from(`any:${keyOf('queues')}`).toString('base64')}`
    expect((await inject('GET', '/ops/queues', { authorization })).statusCode).toBe(200)
    expectProblem(await inject('GET', '/queues', { authorization }), 401, 'KEY_INVALID')
  })
})

describe('the board', () => {
  test('asks for Basic, wants the scope and refuses to change anything', async () => {
    const refused = await inject('GET', '/ops/queues')
    expectProblem(refused, 401, 'KEY_MISSING')
    expect(refused.headers['www-authenticate']).toContain('Basic')
    expectProblem(await inject('GET', '/ops/queues', bearer('runsread')), 403, 'SCOPE_MISSING')
    expectProblem(await inject('GET', '/ops/queues/api/queues'), 401, 'KEY_MISSING')
    const change = await inject('PUT', '/ops/queues/api/queues/runs/pause', bearer('admin'))
    expect(change.statusCode).toBe(405)
  })
  test('serves its page and its static files to a key', async () => {
    const page = await inject('GET', '/ops/queues', bearer('admin'))
    expect(page.statusCode).toBe(200)
    const script = /src="([^"]+\.js)"/.exec(page.body)?.[1]
    expect(script).toBeDefined()
    const url = script?.startsWith('/') ? script : `/ops/queues/${script}`
    expect((await inject('GET', url, bearer('admin'))).statusCode).toBe(200)
    expect((await inject('GET', url)).statusCode).toBe(401)
  })
})

describe('hostile input', () => {
  const json = { ...bearer('admin'), 'content-type': 'application/json' }
  const submit = (payload: string, headers: Record<string, string> = json) =>
    app.fastify.inject({ method: 'POST', url: '/runs', headers, payload })
  const body = (input: unknown, more: object = {}) => JSON.stringify({ workflow: 'small', input, ...more })

  test('a sound body is accepted, so that the refusals below mean something', async () => {
    const answer = await submit(body({ amount: 1, outcome: 'bad' }))
    expect(answer.statusCode).toBe(202)
    expect(answer.headers.location).toBe(`/runs/${answer.json().runId}`)
  })
  test.each([
    ['', 400, 'CONTRACT_VIOLATED'],
    ['{', 400, 'MALFORMED_JSON'],
    ['{"workflow":"small","input":{"amount":1}}x', 400, 'MALFORMED_JSON'],
    ['[]', 400, 'CONTRACT_VIOLATED'],
    ['null', 400, 'CONTRACT_VIOLATED'],
    ['"x"', 400, 'CONTRACT_VIOLATED'],
    [`${'['.repeat(100_000)}`, 400, 'MALFORMED_JSON'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 400, 'CONTRACT_VIOLATED'],
  ])('the body %.40j is refused with %i', async (payload, status, code) => {
    expectProblem(await submit(payload), status, code)
  })
  test.each([
    ['{"workflow":"small","input":{"amount":1,"__proto__":{"x":1}}}', '/input/__proto__'],
    ['{"workflow":"small","__proto__":{},"input":{"amount":1}}', '/__proto__'],
    ['{"workflow":"small","input":{"amount":1,"constructor":{"prototype":{}}}}', '/input/constructor'],
    ['{"workflow":"small","input":{"amount":1,"note":"a\\u0000b"}}', '/input/note'],
    ['{"workflow":"small","input":{"amount":1,"note":"\\ud800"}}', '/input/note'],
    [body({ amount: 0 }), '/input/amount'],
    [body({ amount: 'SECRET' }), '/input/amount'],
    [body({}), '/input/amount'],
    [body([]), '/input'],
    [body({ amount: 1 }, { extra: 1 }), '/extra'],
    [body({ amount: 1 }, { priority: 'now' }), '/priority'],
    [body({ amount: 1 }, { version: 1.5 }), '/version'],
    [body({ amount: 1 }, { tags: ['x'.repeat(101)] }), '/tags'],
    ['{"input":{"amount":1}}', '/workflow'],
  ])('in %s the member is named and not quoted', async (payload, pointer) => {
    const answer = await submit(payload)
    expectProblem(answer, 400, 'CONTRACT_VIOLATED')
    expect(answer.json().errors.map((problem: any) => problem.pointer)).toContain(pointer)
    expect(answer.body).not.toContain('SECRET')
  })
  test('an unknown workflow or version is 404', async () => {
    expectProblem(await submit('{"workflow":"nope","input":{}}'), 404, 'WORKFLOW_UNKNOWN')
    expectProblem(await submit(body({ amount: 1 }, { version: 7 })), 404, 'WORKFLOW_VERSION_UNKNOWN')
  })
  test('a body above the limit is 413', async () => {
    expectProblem(await submit(body({ amount: 1, note: 'x'.repeat(2_000_000) })), 413, 'BODY_TOO_LARGE')
  })
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/yaml',
    '',
  ])('the media type %j is 415', async (type) => {
    expectProblem(await submit(body({ amount: 1 }), { ...json, 'content-type': type }), 415, 'MEDIA_TYPE_UNSUPPORTED')
  })
  test('an encoded body is 415', async () => {
    expectProblem(await submit('x', { ...json, 'content-encoding': 'gzip' }), 415, 'MEDIA_TYPE_UNSUPPORTED')
  })
  test.each([' ', 'x'.repeat(256), 'a\tb', 'schlüssel'])('the idempotency key %.20j is 400', async (key) => {
    expectProblem(
      await submit(body({ amount: 1 }), { ...json, 'idempotency-key': key }),
      400,
      'IDEMPOTENCY_KEY_INVALID',
    )
  })
  test('bytes that are not UTF-8 are 400', async () => {
    const payload = Buffer.concat([Buffer.from('{"workflow":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    expectProblem(await submit(payload as unknown as string), 400, 'MALFORMED_JSON')
  })
  test.each([
    ['GET', '/nope', 404, 'ROUTE_UNKNOWN'],
    ['DELETE', '/runs', 405, 'METHOD_NOT_ALLOWED'],
    ['PATCH', `/runs/${runId}`, 405, 'METHOD_NOT_ALLOWED'],
    ['TRACE', '/runs', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/runs/%zz', 400, 'URL_INVALID'],
    ['GET', `/runs/${runId}/checkpoints/%00`, 400, 'URL_INVALID'],
    ['POST', '/triggers/x%00/y/fire', 400, 'URL_INVALID'],
    ['GET', `/runs/${'x'.repeat(300)}`, 414, 'URL_TOO_LONG'],
    ['GET', '/runs?limit=0', 400, 'CONTRACT_VIOLATED'],
    ['GET', '/runs?limit=101', 400, 'CONTRACT_VIOLATED'],
    ['GET', '/runs?limit=10&limit=20', 400, 'CONTRACT_VIOLATED'],
    ['GET', '/runs?status=lost', 400, 'CONTRACT_VIOLATED'],
    ['GET', '/runs?tag=%00', 400, 'CONTRACT_VIOLATED'],
    ['GET', '/runs?cursor=bm9wZQ', 400, 'CURSOR_INVALID'],
    ['GET', '/runs?cursor=%22', 400, 'CURSOR_INVALID'],
    ['GET', '/events?lastEventId=nope', 400, 'LAST_EVENT_ID_INVALID'],
  ])('%s %.40s is %i', async (method, url, status, code) => {
    expectProblem(await inject(method, url, bearer('admin')), status, code)
  })
  test('none of it was our fault', () => {
    expect(app.errors.filter((error) => !/ECONNREFUSED/.test(String(error)))).toEqual([])
  })
})

describe('Postgres away', () => {
  test('is 503 with Retry-After', async () => {
    for (const url of ['/gates', '/runs', `/runs/${runId}/events`, '/workflows', '/dead-letters', '/queues']) {
      const answer = await inject('GET', url, bearer('admin'))
      expectProblem(answer, 503, 'POSTGRES_UNAVAILABLE')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    }
  })
  test('closes readiness, not liveness', async () => {
    const other = await anApp(aStore([], { ping: () => Promise.reject(new Error('away')) }))
    expect((await other.fastify.inject('/readyz')).statusCode).toBe(503)
    expect((await other.fastify.inject('/livez')).statusCode).toBe(200)
    await other.nest.close()
  })
})

describe('Redis away', () => {
  test('runs are accepted, the gateway is ready, tickets are not to be had', async () => {
    expect((await inject('GET', '/readyz')).json()).toMatchObject({
      status: 'ready',
      reported: { redis: { ok: false } },
    })
    const answer = await inject('POST', '/runs', bearer('runswrite'), { workflow: 'small', input: { amount: 1 } })
    expect(answer.statusCode).toBe(202)
    expectProblem(await inject('POST', '/tickets', bearer('none')), 503, 'REDIS_UNAVAILABLE')
  })
})

describe('limits', () => {
  test('a key that asks too often gets 429 with Retry-After, another key does not', async () => {
    const other = await anApp(aStore(keys, found), undefined, { RATE_BURST: '2', RATE_PER_SECOND: '1' })
    const ask = (id: string) => other.fastify.inject({ url: '/runs/x', headers: bearer(id) })
    await ask('admin')
    await ask('admin')
    const answer = await ask('admin')
    expectProblem(answer, 429, 'RATE_LIMITED')
    expect(answer.headers['retry-after']).toBe('1')
    expectProblem(await ask('runsread'), 404, 'RUN_UNKNOWN')
    await other.nest.close()
  })
  test('an address that guesses keys gets 429, a key that is known to be good goes on', async () => {
    const other = await anApp(aStore(keys, found), undefined, {
      AUTH_FAILURES_BURST: '3',
      AUTH_FAILURES_PER_SECOND: '1',
    })
    const ask = (id: string) => other.fastify.inject({ url: '/runs/x', headers: bearer(id) })
    expectProblem(await ask('admin'), 404, 'RUN_UNKNOWN')
    for (let guess = 0; guess < 3; guess += 1) expectProblem(await ask(`guess${guess}`), 401, 'KEY_INVALID')
    expectProblem(await ask('guess'), 429, 'RATE_LIMITED')
    expectProblem(await ask('admin'), 404, 'RUN_UNKNOWN')
    await other.nest.close()
  })
})

test('metrics are open to a scraper only where the setting says so', async () => {
  expect((await inject('GET', '/metrics')).statusCode).toBe(401)
  const other = await anApp(aStore([]), undefined, { METRICS_OPEN: 'true' })
  expect((await other.fastify.inject('/metrics')).statusCode).toBe(200)
  expect((await other.fastify.inject('/queues')).statusCode).toBe(401)
  await other.nest.close()
})

describe('closing', () => {
  test('a request under way is answered, and the port closes although its connection is kept alive', async () => {
    let commit = (): void => undefined
    let saving = false
    const other = await anApp(
      aStore(keys, {
        ...found,
        submit: (batch) =>
          new Promise((resolve, reject) => {
            saving = true
            commit = () => void found.submit?.(batch).then(resolve, reject)
          }),
      }),
    )
    await other.fastify.listen({ port: 0, host: '127.0.0.1' })
    const answering = fetch(new URL('/runs', other.fastify.listeningOrigin), {
      method: 'POST',
      headers: { ...bearer('admin'), 'content-type': 'application/json' },
      body: '{"workflow":"small","input":{"amount":1}}',
    })
    await expect.poll(() => saving).toBe(true)
    const closing = other.close({ graceMs: 10_000, idleMs: 0 })
    commit()
    expect((await answering).status).toBe(202)
    await closing
  })
})

describe('closing while connections are kept alive', () => {
  const aServed = async () => {
    const other = await anApp(aStore(keys, found))
    await other.fastify.listen({ port: 0, host: '127.0.0.1' })
    const origin = other.fastify.listeningOrigin
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const get = async (path: string) => {
      const request = http.get(new URL(path, origin), { agent })
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      response.resume()
      await once(response, 'end')
      return { status: response.statusCode, connection: response.headers.connection, reused: request.reusedSocket }
    }
    return { ...other, agent, get }
  }
  test('E1 E2: a request that comes on one is answered, and its answer closes it', async () => {
    const { get, close, stop, agent } = await aServed()
    expect(await get('/livez')).toMatchObject({ status: 200, connection: 'keep-alive' })
    stop.abort()
    const closing = close({ graceMs: 20_000, idleMs: 15_000 })
    expect(await get('/livez')).toEqual({ status: 200, connection: 'close', reused: true })
    await closing
    agent.destroy()
  })
  test('E2: one that stays quiet does not hold the process open', async () => {
    const { get, close, stop, agent } = await aServed()
    await get('/livez')
    stop.abort()
    const from = performance.now()
    await close({ graceMs: 20_000, idleMs: 50 })
    expect(performance.now() - from).toBeLessThan(10_000)
    agent.destroy()
  })
})

describe('traces', () => {
  test('the work of a request runs in its trace, also after its body was read', async () => {
    const traceId = '1af7651916cd43dd8448eb211c80319d'
    const seen: (string | undefined)[] = []
    const other = await anApp(
      aStore(keys, {
        ...found,
        readDefinition: (...asked) => {
          seen.push(trace.getActiveSpan()?.spanContext().traceId)
          return found.readDefinition?.(...asked) ?? Promise.resolve(null)
        },
      }),
    )
    await other.fastify.listen({ port: 0, host: '127.0.0.1' })
    const answer = await fetch(new URL('/runs', other.fastify.listeningOrigin), {
      method: 'POST',
      headers: {
        ...bearer('admin'),
        'content-type': 'application/json',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: '{"workflow":"small","input":{"amount":1}}',
    })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('x-trace-id')).toBe(traceId)
    expect(seen).toEqual([traceId])
    await other.close({ graceMs: 1_000, idleMs: 0 })
  })
  test('an incoming traceparent is the run’s and the problem’s trace', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const headers = { ...bearer('admin'), traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    const answer = await inject('POST', '/runs', headers, { workflow: 'small', input: { amount: 1 } })
    expect(answer.json().traceId).toBe(traceId)
    expect((await inject('GET', '/nope', headers)).json().traceId).toBe(traceId)
  })
  test('without one a run has a trace id all the same', async () => {
    const answer = await inject('POST', '/runs', bearer('admin'), { workflow: 'small', input: { amount: 1 } })
    expect(answer.json().traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
  })
})
