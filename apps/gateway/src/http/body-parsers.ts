import type { FastifyInstance, FastifyRequest } from 'fastify'
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

/** A JSON body as it came, not yet parsed: its signature is over these bytes. */
export class RawBody {
  constructor(readonly bytes: Buffer) {}
}

const takesRaw = (request: FastifyRequest): boolean => request.routeOptions.config.raw === true

/** A body in YAML, not yet parsed: what it means, and on which line it is wrong, is for the route to say. */
export class YamlText {
  constructor(readonly text: string) {}
}

/** A YAML body as its text; an empty one is undefined. */
export const parseYamlBody = (body: Buffer): YamlText | undefined =>
  body.length === 0 ? undefined : new YamlText(decode(body))

const takesYaml = (request: FastifyRequest): boolean => request.routeOptions.config.yaml === true

const refuseEncoding = (request: FastifyRequest): void => {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new GatewayError('MEDIA_TYPE_UNSUPPORTED', 'An encoded body is not accepted.', {
      'accept-encoding': 'identity',
    })
}

/** JSON everywhere, YAML and CloudEvents where the route says so, everything else 415. */
export const registerBodyParsers = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseEncoding(request)
      const bytes = body as Buffer // parseAs says so
      done(null, takesRaw(request) ? new RawBody(bytes) : parseJsonBody(bytes))
    } catch (error) {
      done(error as Error) // only GatewayError is thrown
    }
  })
  fastify.addContentTypeParser('application/cloudevents+json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseEncoding(request)
      if (!takesRaw(request)) throw new GatewayError('MEDIA_TYPE_UNSUPPORTED')
      done(null, new RawBody(body as Buffer)) // parseAs says so
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
