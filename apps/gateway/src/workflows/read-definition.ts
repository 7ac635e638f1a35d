import { readWorkflowYaml, WorkflowYamlError } from '@flotilla/builder'
import { ContractError, hostileMembers, type Problem } from '@flotilla/contracts'
import type { JsonObject, WorkflowDefinition } from '@flotilla/engine'
import { YamlText } from '../http/body-parsers.js'
import { GatewayError } from '../http/gateway-error.js'
import { pointerOf } from './pointer-of.js'

/** Where in the body a finding is about: a JSON pointer, and the line where the body has lines to speak of. */
export interface Located {
  readonly pointer: string
  readonly line: number | null
}

/** A definition as it came, not yet judged. */
export interface GivenDefinition {
  readonly definition: JsonObject
  readonly locate: (where: string, definition: WorkflowDefinition) => Located
}

interface Named {
  readonly name: string
  readonly version: number
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const mismatches = (body: Readonly<Record<string, unknown>>, path: Named): Problem[] =>
  (['name', 'version'] as const)
    .filter((member) => body[member] !== undefined && body[member] !== path[member])
    .map((member) => ({ pointer: `/${member}`, code: 'NOT_THE_PATH', detail: `is not the ${member} in the path` }))

/** What a body defines: name and version may be left to the path. Throws ContractError. */
const namedDefinition = (body: unknown, path: Named): JsonObject => {
  if (!isObject(body))
    throw new ContractError('workflow', [{ pointer: '', code: 'IS_OBJECT', detail: 'must be an object' }])
  const problems = [...hostileMembers(body), ...mismatches(body, path)]
  if (problems.length > 0) throw new ContractError('workflow', problems)
  return { ...body, ...path } as JsonObject // parsed JSON
}

const refused = ({ problems }: WorkflowYamlError): GatewayError => {
  const broken = problems.every(({ code }) => code === 'SYNTAX')
  const errors = problems.map(({ path, line, code, message, fix }) => ({
    pointer: path,
    code: `YAML_${code}`,
    detail: `line ${line}: ${message}: ${fix}`,
  }))
  return new GatewayError(
    broken ? 'MALFORMED_YAML' : 'DEFINITION_REFUSED',
    `${problems.length} findings; see errors.`,
    {},
    errors,
  )
}

const fromYaml = (text: string, path: Named): GivenDefinition => {
  try {
    const { definition, lineOf, pointerOf: pointerInText } = readWorkflowYaml(text, path)
    return {
      definition: namedDefinition(definition, path),
      locate: (where) => ({ pointer: pointerInText(where), line: lineOf(where) }),
    }
  } catch (error) {
    if (error instanceof WorkflowYamlError) throw refused(error)
    throw error
  }
}

/** What the body of a registration defines: JSON, or YAML in the short syntax or the plain one. */
export const readDefinition = (body: unknown, path: Named): GivenDefinition => {
  if (body instanceof YamlText) return fromYaml(body.text, path)
  const definition = namedDefinition(body, path)
  return {
    definition,
    locate: (where, checked) => ({
      pointer: pointerOf(Array.isArray(definition['states']) ? checked.states : [], where),
      line: null,
    }),
  }
}
