import { jsonSchemaOf, ProblemDocument, type ContractClass, type JsonSchema } from '@flotilla/contracts'
import type { Access } from '../auth/authenticate.js'
import type { AnswerDoc, ParamDoc, RouteDeclaration, RouteDoc } from '../http/route.js'
import type { RegisteredRoute } from '../http/route-table.js'

/** Collects classes under `components.schemas`, each once, nested ones too. */
const makeSchemas = () => {
  const schemas: Record<string, JsonSchema> = {}
  const refTo = (type: ContractClass): JsonSchema => {
    if (!(type.name in schemas)) {
      schemas[type.name] = {} // before its members are looked at: a class may hold itself
      schemas[type.name] = jsonSchemaOf(type, { refTo })
    }
    return { $ref: `#/components/schemas/${type.name}` }
  }
  return { schemas, refTo }
}

type RefTo = (type: ContractClass) => JsonSchema

const problemsOf = (declaration: RouteDeclaration): readonly number[] => {
  const guarded = declaration.access === 'open' ? [] : [401, 403, 429]
  return [...new Set([400, ...guarded, ...(declaration.doc.problems ?? []), 500, 503])].sort((a, b) => a - b)
}

const contentOf = ({ body, mediaTypes }: AnswerDoc, refTo: RefTo): JsonSchema => ({
  ...(body ? { 'application/json': { schema: refTo(body) } } : {}),
  ...Object.fromEntries(
    (mediaTypes ?? []).map((type) => [type, type === 'application/json' ? {} : { schema: { type: 'string' } }]),
  ),
})

const answersOf = (declaration: RouteDeclaration, refTo: RefTo): JsonSchema => ({
  ...Object.fromEntries(
    Object.entries(declaration.doc.answers).map(([status, answer]) => {
      const content = contentOf(answer, refTo)
      const described = { description: answer.description }
      return [status, Object.keys(content).length === 0 ? described : { ...described, content }]
    }),
  ),
  ...Object.fromEntries(
    problemsOf(declaration).map((status) => [String(status), { $ref: '#/components/responses/Problem' }]),
  ),
})

const bodyOf = ({ body, bodyOptional, bodyMediaTypes = ['application/json'] }: RouteDoc, refTo: RefTo): JsonSchema => {
  if (body === undefined) return {}
  const schema = body === 'any' ? { type: 'object' } : refTo(body)
  return {
    requestBody: {
      required: bodyOptional !== true,
      content: Object.fromEntries(bodyMediaTypes.map((type) => [type, { schema }])),
    },
  }
}

const parameter = ([name, { in: place = 'query', description, schema }]: readonly [string, ParamDoc]): JsonSchema => ({
  name,
  in: place,
  required: false,
  description,
  schema,
})

const parametersOf = (path: string, { doc, ticket }: RouteDeclaration): readonly JsonSchema[] => [
  ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'runId' ? { type: 'string', format: 'uuid' } : { type: 'string' },
  })),
  ...Object.entries(doc.params ?? {}).map(parameter),
  ...(ticket ? [parameter(['ticket', { description: 'A ticket instead of a key.', schema: { type: 'string' } }])] : []),
]

const securityOf = (access: Access): readonly JsonSchema[] =>
  access === 'open' ? [] : access === 'key' ? [{ key: [] }] : access.map((scope) => ({ key: [scope] }))

const operationOf = (path: string, declaration: RouteDeclaration, refTo: RefTo): JsonSchema => {
  const { doc, access } = declaration
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    security: securityOf(access),
    parameters: parametersOf(path, declaration),
    ...bodyOf(doc, refTo),
    responses: answersOf(declaration, refTo),
  }
}

/**
 * OpenAPI 3.1 of the registered routes (https://spec.openapis.org/oas/v3.1.0), from the very declarations and classes
 * that guard and validate. Scopes of a bearer key stand in `security`, as 3.1 allows; one of several suffices.
 */
export const openApiDocument = (routes: readonly RegisteredRoute[], version: string): JsonSchema => {
  const { schemas, refTo } = makeSchemas()
  const problem = refTo(ProblemDocument)
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const { method, path, declaration } of routes) {
    if (method === 'HEAD' || declaration.doc === undefined || declaration.access === undefined) continue
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    // Both parts were just seen to be there.
    paths[template] = {
      ...paths[template],
      [method.toLowerCase()]: operationOf(path, declaration as RouteDeclaration, refTo),
    }
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Flotilla',
      version,
      description: 'Runs long, failure-prone agent workflows. Errors are RFC 9457 problem documents.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      responses: {
        Problem: {
          description: 'A problem; `code` says which. 429 and 503 carry `Retry-After` in seconds.',
          headers: { 'Retry-After': { schema: { type: 'integer' } } },
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: `fl_<id>_<secret>`.' },
      },
    },
  }
}
