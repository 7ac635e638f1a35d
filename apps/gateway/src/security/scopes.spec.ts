import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scopes } from '../auth/principal.js'
import { aKey, anApp, aQueue, aStore, keyOf } from '../testing/a-gateway.js'
import { requestOf, routeCases, type Named } from '../testing/route-cases.js'

const named: Named = {
  runId: '01941f29-7c00-7000-8000-000000000000',
  artifactId: 'a',
  checkpoint: '1',
  deadLetterId: '01941f29-7c00-7000-8000-000000000001',
  gateId: 'g',
  webhookId: '01941f29-7c00-7000-8000-000000000002',
  deliveryId: '01941f29-7c00-7000-8000-000000000003',
  hookId: '01941f29-7c00-7000-8000-000000000004',
  workflow: 'w',
  trigger: 't',
  document: {},
}
const idOf = (scope: string): string => `s${Buffer.from(scope).toString('hex')}`
/** Scopes that are none of the product's, however near they come. */
const others = [
  '',
  'runs',
  'runs:*',
  'RUNS:READ',
  ' runs:read',
  'runs:read ',
  'runs:read,runs:write',
  'Admin',
  'administrator',
  '**',
  'managers',
  'dead-letters:read',
  'constructor',
  '__proto__',
  'length',
]
const tickets = new Map<string, string>()
let app: Awaited<ReturnType<typeof anApp>>
beforeAll(async () => {
  const keys = [...scopes, ...others, 'admin', '*'].map((scope) => aKey(idOf(scope), [scope]))
  const shelf = {
    put: async (name: string, value: string) => void tickets.set(name, value),
    take: async (name: string) => {
      const value = tickets.get(name) ?? null
      tickets.delete(name)
      return value
    },
  }
  app = await anApp(aStore([...keys, aKey('none', [])]), aQueue({ tickets: shelf }))
})
afterAll(() => app.nest.close())

const inject = (method: string, url: string, headers: Record<string, string>, body?: unknown) =>
  app.fastify.inject({
    method: method as 'GET',
    url,
    headers,
    ...(body === undefined ? {} : { payload: body as object }),
  })
const bearer = (id: string) => ({ authorization: `Bearer ${keyOf(id)}` })
const entersWith = async (route: string, headers: Record<string, string>): Promise<boolean> => {
  const { method, path, body } = requestOf(route, named)
  const answer = await inject(method, path, headers, body)
  expect([200, 201, 400, 403, 404, 503], `${route} answers ${answer.statusCode}`).toContain(answer.statusCode)
  return !(answer.statusCode === 403 && answer.json().code === 'SCOPE_MISSING')
}

test('every route has its case', () => {
  const routes = app.routes.routes.filter(({ method }) => method !== 'HEAD')
  expect(Object.keys(routeCases).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})

describe.each(Object.keys(routeCases))('%s', (route) => {
  const access = routeCases[route]?.access ?? 'open'
  test('declares what the table of the tests says', () => {
    const declared = app.routes.routes.find(({ method, path }) => `${method} ${path}` === route)?.declaration.access
    expect(typeof declared === 'object' ? [...declared].sort() : declared).toEqual(
      typeof access === 'object' ? [...access].sort() : access,
    )
  })
  test('is entered by exactly its scopes, and by no other word', async () => {
    for (const scope of [...scopes, ...others, 'admin', '*']) {
      const wanted =
        typeof access === 'string' || scope === 'admin' || scope === '*' || access.some((one) => one === scope)
      expect([scope, await entersWith(route, bearer(idOf(scope)))]).toEqual([scope, wanted])
    }
    expect(await entersWith(route, bearer('none'))).toBe(typeof access === 'string')
  })
  test('is not entered by HEAD, by a method that is none, or by an override of the method, with less', async () => {
    if (typeof access === 'string') return
    const { method, path } = requestOf(route, named)
    const head = await inject('HEAD', path, bearer('none'))
    // A path that is read by GET as well has HEAD, and its entrance; another has no such method.
    expect(method === 'GET' ? [403] : [403, 405]).toContain(head.statusCode)
    for (const name of ['x-http-method-override', 'x-method-override', 'x-original-url', 'x-rewrite-url'])
      expect(await entersWith(route, { ...bearer('none'), [name]: name.includes('url') ? '/livez' : 'GET' })).toBe(
        false,
      )
  })
  test('takes a ticket only where it says so, and no Basic', async () => {
    if (access === 'open') return
    const declaration = app.routes.routes.find(({ method, path }) => `${method} ${path}` === route)?.declaration
    const { ticket } = (await inject('POST', '/tickets', bearer(idOf('admin')))).json()
    const { method, path } = requestOf(route, named)
    const answer = await inject(method, `${path}${path.includes('?') ? '&' : '?'}ticket=${ticket}`, {})
    expect(answer.statusCode === 401).toBe(declaration?.ticket !== true)
    const authorization = `Basic ${Buffer.from(`any:${keyOf(idOf('admin'))}`).toString('base64')}`
    expect((await inject(method, path, { authorization })).statusCode).toBe(401)
  })
})

test('a ticket holds the scopes of its key and no more', async () => {
  const { ticket } = (await inject('POST', '/tickets', bearer(idOf('runs:write')))).json()
  const answer = await inject('GET', `/runs/${named.runId}/graph.svg?ticket=${ticket}`, {})
  expect([answer.statusCode, answer.json().code]).toEqual([403, 'SCOPE_MISSING'])
})

test('the board and whatever lies below it opens for the scope queues alone', async () => {
  for (const path of ['', '/', '/api/queues', '/api/queues/runs/1', '/static/x.js', '/queue/runs']) {
    const url = `/ops/queues${path}`
    for (const scope of [...scopes, ...others].filter((one) => one !== 'queues'))
      expect([path, scope, (await inject('GET', url, bearer(idOf(scope)))).statusCode]).toEqual([path, scope, 403])
    expect((await inject('GET', url, bearer(idOf('queues')))).statusCode).not.toBe(403)
    expect((await inject('GET', url, {})).statusCode).toBe(401)
  }
})
