import type { Chance } from '@flotilla/engine/testing'
import { keyOf } from '../a-gateway.js'
import { requestOf, routeCases, type Named } from '../route-cases.js'
import { hostileBodies, hostileCredentials, hostileHeaders, hostileStrings } from './hostile-values.js'
import { mutateBody } from './mutate-body.js'

/** One request, as it is sent. */
export interface HostileRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string | Buffer | null
  /** Whether an answer may stay open. */
  readonly stream: boolean
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: Readonly<Record<string, unknown>>
}

/** The part of an OpenAPI document that is read here. */
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters: readonly Parameter[] }>>>>
}

interface Operation {
  readonly route: string
  readonly method: string
  readonly template: string
  readonly parameters: readonly Parameter[]
}

const operationsOf = ({ paths }: Description): readonly Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters }]) => {
      const template = path.replaceAll(/\{(\w+)\}/g, ':$1')
      return { route: `${method.toUpperCase()} ${template}`, method: method.toUpperCase(), template, parameters }
    }),
  )

const escaped = (text: string): string => encodeURIComponent(text.toWellFormed())

/** A value that a parameter's schema would take. */
const soundValue = ({ schema }: Parameter, chance: Chance): string => {
  if (Array.isArray(schema['enum'])) return String(chance.pick(schema['enum']))
  if (schema['type'] === 'integer') return String(schema['minimum'] ?? 1)
  return 'x'
}

const pathOf = (operation: Operation, named: Named, chance: Chance): string => {
  const sound = requestOf(operation.route, named).path.split('?')[0] ?? '/'
  if (!chance.percent(30)) return sound
  const choice = chance.below(10)
  if (choice < 6 && operation.template.includes(':')) {
    const values = operation.template.split('/').map((part, index) => (part.startsWith(':') ? index : -1))
    const at = chance.pick(values.filter((index) => index >= 0))
    return sound
      .split('/')
      .map((part, index) => (index === at ? escaped(chance.pick(hostileStrings)).slice(0, 4_000) : part))
      .join('/')
  }
  return chance.pick([
    `/${sound}`,
    `${sound}/`,
    `${sound}//`,
    `${sound}/../..${sound}`,
    `${sound}/%2e%2e/x`,
    `${sound}%00`,
    `${sound}%`,
    `${sound}%ff%fe`,
    `${sound};a=b`,
    `${sound}#x`,
    sound.toUpperCase(),
    sound.replaceAll('/', '\\'),
    `${sound}.json`,
    `${sound}/__proto__`,
    `/${'a/'.repeat(500)}`,
  ])
}

const queryOf = (operation: Operation, named: Named, chance: Chance): string => {
  const declared = operation.parameters.filter((parameter) => parameter.in === 'query')
  const given = declared.flatMap((parameter) => {
    if (!chance.percent(25)) return []
    const value = chance.percent(40) ? soundValue(parameter, chance) : chance.pick(hostileStrings).slice(0, 3_000)
    const one = `${parameter.name}=${escaped(value)}`
    return chance.percent(10) ? [one, one] : [one]
  })
  if (chance.percent(10))
    given.push(
      chance.pick([
        '__proto__[polluted]=1',
        'constructor.prototype.polluted=1',
        'tenantId=rival',
        'a[b][c]=1',
        '%',
        '=',
        '&&',
        'a=%zz',
      ]),
    )
  const sound = requestOf(operation.route, named).path.split('?')[1]
  if (given.length === 0) return sound === undefined ? '' : `?${sound}`
  return `?${given.join('&')}`
}

const headersOf = (operation: Operation, chance: Chance, keys: readonly string[]): Record<string, string> => {
  const headers: Record<string, string> = { accept: operation.route.endsWith('/events') ? 'application/json' : '*/*' }
  headers['authorization'] = chance.percent(93) ? `Bearer ${keyOf(chance.pick(keys))}` : chance.pick(hostileCredentials)
  if (chance.percent(2)) delete headers['authorization']
  for (let left = chance.percent(15) ? 1 + chance.below(3) : 0; left > 0; left -= 1) {
    const [name, value] = chance.pick(hostileHeaders)
    headers[name] = value
  }
  return headers
}

/**
 * Makes requests without end from the description of the API and what the tests know of each route. The same seed gives
 * the same requests. `names`: words that bodies may be given as members.
 */
export const makeHostileRequests = (
  description: Description,
  chance: Chance,
  known: { readonly named: readonly Named[]; readonly names: readonly string[]; readonly keys: readonly string[] },
): (() => HostileRequest) => {
  const operations = operationsOf(description)
  return () => {
    const operation = chance.pick(operations)
    const named = chance.pick(known.named)
    const method = chance.percent(97)
      ? operation.method
      : chance.pick(['DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PUT', 'POST', 'GET'])
    const headers = headersOf(operation, chance, known.keys)
    let payload: string | Buffer | null = null
    if (operation.method !== 'GET' || chance.percent(2)) {
      const sound = routeCases[operation.route]?.body?.(named) ?? {}
      headers['content-type'] ??= 'application/json'
      payload = chance.percent(12) ? chance.pick(hostileBodies) : mutateBody(sound, chance, known.names)
    }
    const url = `${pathOf(operation, named, chance)}${queryOf(operation, named, chance)}`
    return { method, url, headers, payload, stream: routeCases[operation.route]?.stream === true }
  }
}
