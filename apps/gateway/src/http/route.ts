import type { ContractClass } from '@flotilla/contracts'
import { applyDecorators, HttpCode, RequestMapping, RequestMethod } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import type { Entrance } from '../auth/authenticate.js'

/** A parameter of a query or header, for the description. */
export interface ParamDoc {
  readonly in?: 'query' | 'header'
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** What a route answers when all is well: a class as JSON, other media types, or nothing. */
export interface AnswerDoc {
  readonly description: string
  readonly body?: ContractClass
  readonly mediaTypes?: readonly string[]
}

/** What the description of the API says about a route. */
export interface RouteDoc {
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly body?: ContractClass | 'any'
  readonly bodyOptional?: boolean
  readonly bodyMediaTypes?: readonly string[]
  readonly params?: Readonly<Record<string, ParamDoc>>
  readonly answers: Readonly<Record<number, AnswerDoc>>
  /** Statuses of problems beside 400, 401, 403, 429, 500 and 503. */
  readonly problems?: readonly number[]
}

/** A route as it is declared: who may enter, and what it does. */
export interface RouteDeclaration extends Entrance {
  readonly doc: RouteDoc
  /** Takes `application/yaml` too. */
  readonly yaml?: boolean
  /** Its JSON body stays bytes (`RawBody`), for a signature over them. */
  readonly raw?: boolean
  /** Answers may last: not measured as a request's time. */
  readonly stream?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig extends Partial<RouteDeclaration> {}
}

const methods = {
  GET: RequestMethod.GET,
  POST: RequestMethod.POST,
  PUT: RequestMethod.PUT,
  DELETE: RequestMethod.DELETE,
} as const

/**
 * Declares a controller's method as a route with its entrance: a route without this decorator has no entrance, and the
 * gateway refuses to start with it. The status is the first of `doc.answers`.
 */
export const Route = (method: keyof typeof methods, path: string, declaration: RouteDeclaration): MethodDecorator =>
  applyDecorators(
    RequestMapping({ method: methods[method], path }),
    HttpCode(Number(Object.keys(declaration.doc.answers)[0] ?? 200)),
    RouteConfig(declaration),
  )
