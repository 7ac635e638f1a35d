import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseDocument } from 'yaml'
import { GatewayError } from './gateway-error.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

const decode = (body: Buffer): string => {
  try {
    return utf8.decode(body)
  } catch {
    throw new GatewayError('MALFORMED_JSON', 'The body is not valid UTF-8.')
  }
}

/** Parses a JSON body; an empty one is undefined. Keys such as `__proto__` stay own members, for the contract to refuse. */
export const parseJsonBody = (body: Buffer): unknown => {
  if (body.length === 0) return undefined
  const text = decode(body)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's message quotes the body.
    throw new GatewayError('MALFORMED_JSON')
  }
}

/** Parses a YAML body of the core schema into JSON values: no custom tags, a hundred aliases at most, string keys. */
export const parseYamlBody = (body: Buffer): unknown => {
  if (body.length === 0) return undefined
  const text = decode(body)
  try {
    const document = parseDocument(text, { schema: 'core', prettyErrors: false, uniqueKeys: true, stringKeys: true })
    if (document.errors.length === 0) return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch {
    // Too many aliases, or nesting that overflows the stack.
  }
  throw new GatewayError('MALFORMED_YAML')
}

const takesYaml = (request: FastifyRequest): boolean => request.routeOptions.config.yaml === true

const refuseEncoding = (request: FastifyRequest): void => {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new GatewayError('MEDIA_TYPE_UNSUPPORTED', 'An encoded body is not accepted.', {
      'accept-encoding': 'identity',
    })
}

/** JSON everywhere, YAML where the route says so, everything else 415. */
export const registerBodyParsers = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseEncoding(request)
      done(null, parseJsonBody(body as Buffer)) // parseAs says so
    } catch (error) {
      done(error as Error) // only GatewayError is thrown
    }
  })
  fastify.addContentTypeParser(
    ['application/yaml', 'application/x-yaml', 'text/yaml'],
    { parseAs: 'buffer' },
    (request, body, done) => {
      try {
        refuseEncoding(request)
        if (!takesYaml(request)) throw new GatewayError('MEDIA_TYPE_UNSUPPORTED')
        done(null, parseYamlBody(body as Buffer)) // parseAs says so
      } catch (error) {
        done(error as Error) // only GatewayError is thrown
      }
    },
  )
}
