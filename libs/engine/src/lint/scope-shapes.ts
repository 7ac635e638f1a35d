import type { Action, Assignment, Branch, ContractRef, Expression, Mapping, WorkflowDefinition } from '../definition.js'
import { syntaxOf } from '../expression.js'
import type { JsonObject } from '../json.js'
import { inferShape, type Seen } from './infer-shape.js'
import { type Place, type RegionPlace, regionsOf } from './places.js'
import { anything, eitherOf, listOf, objectShape, only, type Shape, shapeOfSchema } from './shape.js'

/** Finds the JSON Schema of a contract by its id; undefined where it is not known. */
export type SchemaOf = (id: string) => JsonObject | undefined

/** Shapes of everything that a definition's expressions read. */
export interface Shapes {
  /** Every state, as the other members want it. */
  readonly places: readonly Place[]
  readonly ofContract: (ref: ContractRef | undefined) => Shape
  /** What a state gives to the expressions that answer an event; `on` null: as it is entered. */
  readonly outputOf: (place: Place, on: string | null) => Shape
  /** What an expression gives. Problems go to `report`. */
  readonly ofExpression: (
    place: Place,
    source: Expression,
    told: { readonly output: Shape; readonly report: Seen['report'] },
  ) => Shape
}

/** Keys of the shared state that depend on one another: further ones are not followed. */
const depthMax = 50

const quiet: Seen['report'] = () => undefined

const ofActions = (actions: readonly Action[] = []): readonly Assignment[] =>
  actions.flatMap((action) => (action.do === 'assign' ? action.assign : []))

interface Write {
  readonly place: Place
  readonly assignment: Assignment
  readonly on: string | null
}

const writesOf = (place: Place): readonly Write[] => {
  const { state } = place
  const on = (event: string | null, assign: readonly Assignment[]): readonly Write[] =>
    assign.map((assignment) => ({ place, assignment, on: event }))
  return [
    ...on(null, state.kind === 'set' ? state.assign : []),
    ...on(null, ofActions(state.entry)),
    ...on(null, ofActions(state.exit)),
    ...(state.transitions ?? []).flatMap((transition) =>
      on(transition.on ?? null, [...(transition.assign ?? []), ...ofActions(transition.actions)]),
    ),
  ]
}

/** What a reducer leaves in a key, given what it adds. */
const reduced = ({ reducer }: Assignment, added: Shape): Shape => {
  switch (reducer) {
    case 'append':
      return added.kinds?.has('list') && added.kinds.size === 1
        ? added
        : added.kinds === null || added.kinds.has('list')
          ? only('list')
          : listOf(added)
    case 'merge':
      return only('object')
    case 'sum':
      return only('number')
    default:
      return added
  }
}

const runShape = objectShape({ id: only('string'), submittedBy: anything, startedAt: anything })

/** Works the shapes out, each when it is first asked for. */
export const shapesOf = (definition: WorkflowDefinition, schemaOf: SchemaOf): Shapes => {
  const regions = regionsOf(definition)
  const places = regions.flatMap((region) => region.places)
  const inScope = new Map<string, Place[]>()
  for (const place of places) inScope.set(place.scope, [...(inScope.get(place.scope) ?? []), place])
  const owners = new Map(places.map((place) => [ownScope(place), place]))
  const scopes = new Map<string, ReadonlyMap<string, Shape>>()
  let depth = 0
  const artifacts = objectShape(
    Object.fromEntries(
      places.flatMap(({ state }) =>
        (state.artifacts ?? []).map(({ name }) => [name, objectShape({ id: only('string'), version: only('number') })]),
      ),
    ),
  )

  const ofContract = (ref: ContractRef | undefined): Shape => {
    if (typeof ref !== 'string') return ref === undefined ? anything : shapeOfSchema(ref, false)
    const schema = schemaOf(ref)
    return schema ? shapeOfSchema(schema, true) : anything
  }

  const ofExpression: Shapes['ofExpression'] = (place, source, { output, report }) => {
    const syntax = syntaxOf(source)
    if (syntax === null) return anything
    const names = new Map([...namesIn(place.scope), ['output', output] as const])
    return inferShape(syntax, { names, report })
  }

  const ofMapping = (place: Place, mapping: Mapping = {}, output: Shape = anything): Record<string, Shape> =>
    Object.fromEntries(
      Object.entries(mapping).map(([name, source]) => [name, ofExpression(place, source, { output, report: quiet })]),
    )

  const inputOf = (scope: string): Shape => {
    const owner = owners.get(scope)
    if (scope === '') return ofContract(definition.input)
    if (owner?.state.kind === 'workflow') return objectShape(ofMapping(owner, owner.state.input))
    if (owner?.state.kind !== 'map') return anything
    const items = ofExpression(owner, owner.state.items, { output: anything, report: quiet })
    const item = items.kinds?.has('list') ? (items.items ?? anything) : anything
    return objectShape({ item, index: only('number'), ...ofMapping(owner, owner.state.input) })
  }

  const dataOf = (scope: string): Shape => {
    const writes = new Map<string, Write[]>()
    for (const write of (inScope.get(scope) ?? []).flatMap(writesOf)) {
      const [key = ''] = write.assignment.to.split('.')
      writes.set(key, [...(writes.get(key) ?? []), write])
    }
    const known = new Map<string, Shape>()
    const get = (key: string): Shape | undefined => {
      const found = known.get(key)
      if (found) return found
      const own = writes.get(key)
      if (!own) return undefined
      known.set(key, anything) // where it depends on itself
      if (depth >= depthMax) return anything
      depth += 1
      const shape = own
        .map(({ place, assignment, on }) =>
          assignment.to.includes('.')
            ? anything
            : reduced(assignment, ofExpression(place, assignment.from, { output: outputOf(place, on), report: quiet })),
        )
        .reduce(eitherOf)
      depth -= 1
      known.set(key, shape)
      return shape
    }
    const members = { names: [...writes.keys()], required: new Set<string>(), get, others: 'unwritten' } as const
    return { kinds: new Set(['object']), members }
  }

  const namesIn = (scope: string): ReadonlyMap<string, Shape> => {
    const found = scopes.get(scope)
    if (found) return found
    const steps = objectShape(
      Object.fromEntries(
        (inScope.get(scope) ?? [])
          .filter(({ state }) => state.kind !== 'end')
          .map(({ state }) => [state.name, anything]),
      ),
    )
    const names = new Map<string, Shape>([
      ['data', dataOf(scope)],
      ['event', anything],
      ['steps', steps],
      ['artifacts', artifacts],
      ['run', runShape],
    ])
    scopes.set(scope, names)
    names.set('input', anything) // while it is worked out
    names.set('input', inputOf(scope))
    return names
  }

  const resultOf = ({ places: held }: RegionPlace): Shape =>
    held
      .flatMap((place) => {
        const { state } = place
        if (state.kind !== 'end' || state.status !== 'completed') return []
        return [state.result ? objectShape(ofMapping(place, state.result)) : only('null')]
      })
      .reduce(eitherOf, { kinds: new Set() })

  const branchOf = (place: Place, branch: Branch): Shape => {
    if (typeof branch.requirement === 'object') return anything
    const held = regions.find(({ owner, region }) => owner === place && region === branch)
    return held ? eitherOf(resultOf(held), only('null')) : anything
  }

  const outputOf = (place: Place, on: string | null): Shape => {
    const { state } = place
    if (on === null || on === 'failed' || on === 'timeout') return anything
    if (state.kind === 'agent') return ofContract(state.outputContract)
    if (state.kind === 'parallel')
      return objectShape(Object.fromEntries(state.branches.map((branch) => [branch.name, branchOf(place, branch)])))
    const held = regions.find(({ owner }) => owner === place)
    if (!held || (state.kind !== 'workflow' && state.kind !== 'map')) return anything
    return state.kind === 'map' ? listOf(eitherOf(resultOf(held), only('null'))) : resultOf(held)
  }

  return { places, ofContract, outputOf, ofExpression }
}

/** The namespace that a compound opens for what it holds, or one that nothing has. */
const ownScope = ({ state, path }: Place): string => {
  if (state.kind === 'workflow') return path
  return state.kind === 'map' ? `${path}.each` : `${path}/`
}
