import {
  ContractError,
  contractById,
  jsonSchemaOf,
  whyNoInputSchema,
  type Problem,
  type WorkflowPage,
  type WorkflowView,
} from '@flotilla/contracts'
import {
  checkDefinition,
  InlineError,
  inlineWorkflows,
  type Json,
  type JsonObject,
  type Trigger,
  type WorkflowDefinition,
} from '@flotilla/engine'
import { whyNotCron } from '@flotilla/runtime'
import type { DefinitionRow } from '@flotilla/store'
import type { Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { GivenDefinition } from './read-definition.js'
import { fingerprintOf } from '../runs/idempotency.js'
import { validateInput } from '../runs/validate-input.js'

/** A version as it stands in a path: 1 to 2^31 - 1. Throws WORKFLOW_VERSION_UNKNOWN for anything else. */
export const versionOf = (text: string): number => {
  const version = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(version <= 2_147_483_647)) throw new GatewayError('WORKFLOW_VERSION_UNKNOWN')
  return version
}

const refused = (problems: readonly Problem[]): GatewayError =>
  new GatewayError('DEFINITION_REFUSED', `${problems.length} findings; see errors.`, {}, problems)

type Lookup = (name: string, version: number) => Promise<WorkflowDefinition | null>

/** Puts the bodies of sub-workflows in, which are looked up one after the other as they are met. */
const inlined = async (definition: WorkflowDefinition, lookUp: Lookup): Promise<WorkflowDefinition> => {
  const known = new Map<string, WorkflowDefinition>()
  for (;;) {
    const missing: [string, number][] = []
    try {
      return inlineWorkflows(definition, (name, version) => {
        const found = known.get(`${name} ${version}`)
        if (!found) missing.push([name, version])
        return found
      })
    } catch (error) {
      if (!(error instanceof InlineError)) return definition // of a wrong shape, as the check will say
      const [wanted] = missing
      const found = wanted ? await lookUp(...wanted) : null
      if (!wanted || !found) throw refused([{ pointer: '', code: error.code, detail: error.message }])
      known.set(wanted.join(' '), found)
    }
  }
}

const schemaOfContract = (id: string): JsonObject | undefined => {
  const type = contractById(id)
  return type && (jsonSchemaOf(type) as JsonObject) // a schema is JSON
}

/** The definition as it is registered, sub-workflows inlined. Throws DEFINITION_REFUSED with the linter's findings. */
export const checkedDefinition = async (given: GivenDefinition, lookUp: Lookup): Promise<WorkflowDefinition> => {
  const definition = await inlined(given.definition as unknown as WorkflowDefinition, lookUp) // judged below
  const findings = checkDefinition(definition, {
    resolveContract: (id) => contractById(id) !== undefined,
    contractSchema: schemaOfContract,
    whyNotSchedule: (schedule) => whyNotCron(schedule, new Date()),
  })
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0)
    throw refused(
      errors.map(({ where, code, message, fix }) => {
        const { pointer, line } = given.locate(where, definition)
        return { pointer, code, detail: `${line === null ? '' : `line ${line}: `}${message}: ${fix}` }
      }),
    )
  const why = typeof definition.input === 'string' ? null : whyNoInputSchema(definition.input)
  if (why !== null)
    throw refused([{ pointer: '/input', code: 'INPUT_SCHEMA_REFUSED', detail: `no input can be judged by it: ${why}` }])
  return definition
}

/** The triggers with the inputs of schedules as the workflow takes them. Throws DEFINITION_REFUSED where it does not. */
const triggersOf = (definition: WorkflowDefinition): readonly Trigger[] =>
  (definition.triggers ?? []).map((trigger, index) => {
    if (trigger.kind !== 'schedule') return trigger
    try {
      return { ...trigger, input: validateInput(definition, trigger.input, `/triggers/${index}/input`) }
    } catch (error) {
      if (error instanceof ContractError) throw refused(error.problems)
      throw error
    }
  })

const viewOf = (row: DefinitionRow, title: string, description: string | null): WorkflowView => ({
  name: row.name,
  version: row.version,
  title,
  description,
  hash: row.hash,
  shipped: !row.own,
  createdAt: row.createdAt.toISOString(),
  graph: `/workflows/${encodeURIComponent(row.name)}/graph.svg?version=${row.version}`,
})

const viewOfRow = async (gateway: Gateway, tenantId: string, row: DefinitionRow): Promise<WorkflowView> => {
  const { title, description } = await gateway.catalogue.byHash(tenantId, row.hash)
  return viewOf(row, title, description ?? null)
}

/** The catalogue of the tenant: what ships and its own; by name, newest version first. */
export const listWorkflowViews = async (gateway: Gateway, tenantId: string): Promise<WorkflowPage> => {
  const rows = [...(await gateway.store.listDefinitions(tenantId))]
  rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : b.version - a.version))
  const items: WorkflowView[] = []
  for (const row of rows) items.push(await viewOfRow(gateway, tenantId, row))
  return { items, nextCursor: null }
}

/** Registers a version. `created` false: it was there with the same content. Throws 409 when it has other content. */
export const registerWorkflow = async (
  gateway: Gateway,
  principal: Principal,
  given: GivenDefinition,
): Promise<{ readonly created: boolean; readonly view: WorkflowView }> => {
  const definition = await checkedDefinition(given, async (sub, version) => {
    const found = await gateway.store.readDefinition(principal.tenantId, sub, version)
    return found?.definition ?? null
  })
  const { name, version } = definition
  const hash = fingerprintOf(definition as unknown as Json)
  // What ships is there for every tenant: its versions cannot be redefined either.
  const there = await gateway.store.readDefinition(principal.tenantId, name, version)
  const outcome =
    there === null
      ? await gateway.store.registerDefinition(principal, definition, hash, triggersOf(definition))
      : there.hash === hash
        ? 'same'
        : 'different'
  if (outcome === 'different') throw new GatewayError('WORKFLOW_VERSION_EXISTS')
  gateway.catalogue.forget(principal.tenantId, name)
  const stored = await gateway.catalogue.find(principal.tenantId, name, version)
  return {
    created: outcome === 'created',
    view: viewOf(stored, definition.title, definition.description ?? null),
  }
}
