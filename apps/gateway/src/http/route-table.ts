import type { FastifyInstance } from 'fastify'
import type { RouteDeclaration } from './route.js'

/** One registered route. */
export interface RegisteredRoute {
  readonly method: string
  /** Template: `/runs/:id`. */
  readonly path: string
  readonly declaration: Partial<RouteDeclaration>
}

/** Every route that the server has, as it was registered. */
export interface RouteTable {
  readonly routes: readonly RegisteredRoute[]
  /** Methods that some route takes at this path; empty for an unknown path. */
  readonly methodsAt: (path: string) => readonly string[]
}

const matcherOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .split('/')
      .map((part) =>
        part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('/')}/?$`,
  )

/** Listens for routes. Call before any is registered. Routes below `exceptUnder` are someone else's and guarded as one. */
export const watchRoutes = (fastify: FastifyInstance, exceptUnder: string): RouteTable => {
  const routes: RegisteredRoute[] = []
  const matchers: { readonly matches: RegExp; readonly methods: readonly string[] }[] = []
  fastify.addHook('onRoute', (route) => {
    const methods = [route.method].flat()
    if (route.url.startsWith(exceptUnder)) return
    matchers.push({ matches: matcherOf(route.url), methods })
    for (const method of methods)
      routes.push({ method, path: route.url, declaration: (route.config ?? {}) as Partial<RouteDeclaration> })
  })
  return {
    routes,
    methodsAt: (path) => [
      ...new Set(matchers.filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => methods)),
    ],
  }
}
