import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { canary } from './hostile-values.js'

/** An answer as far as it is judged. */
export interface JudgedAnswer {
  readonly status: number
  readonly contentType: string
  readonly retryAfter: string | null
  readonly body: string
}

/** Codes with which 503 is meant: what is away, and what sheds load. Neither is when the servers are there. */
const intended = new Set(['REDIS_UNAVAILABLE', 'OVERLOADED'])

/** What no answer may hold: stacks, SQL, names of drivers and hosts. */
const told =
  /\n\s+at |node_modules|\b(select|insert into|update|delete from) .* (from|set|values|where)\b|ECONNREFUSED|PostgresError|prisma|relation "|syntax error at/i

/**
 * Makes a judge from the description of the API: it says what is wrong with an answer, or null. 5xx but for the intended
 * 503, errors that are no problem document, 429 and 503 without Retry-After, answers that tell of our insides, and errors
 * that repeat what the client sent as a value.
 */
export const makeJudge = (description: { readonly components: object }): ((answer: JudgedAnswer) => string | null) => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'api', components: description.components })
  const isProblem = ajv.compile({ $ref: 'api#/components/schemas/ProblemDocument' })
  return ({ status, contentType, retryAfter, body }) => {
    if (status < 400) return null
    if (status >= 500 && status !== 503) return `answered ${status}`
    if (!contentType.startsWith('application/problem+json')) return `is of type ${contentType}`
    let document: { readonly status?: unknown; readonly code?: unknown; readonly instance?: unknown }
    try {
      document = JSON.parse(body)
    } catch {
      return 'is not JSON'
    }
    if (!isProblem(document)) return `is no problem document: ${ajv.errorsText(isProblem.errors)}`
    if (document.status !== status) return `says ${String(document.status)} in a ${status}`
    if (status === 503 && !intended.has(String(document.code))) return `is a 503 of ${String(document.code)}`
    if ((status === 503 || status === 429) && !/^\d+$/.test(retryAfter ?? '')) return 'has no Retry-After'
    if (told.test(body)) return 'tells of our insides'
    // The path is repeated as `instance`, and a member's name as the pointer to it; a value never is.
    const { instance: _path, ...rest } = document
    if (JSON.stringify(rest).includes(canary)) return 'repeats a value'
    if (body.length > 100_000) return `is ${body.length} long`
    return null
  }
}
