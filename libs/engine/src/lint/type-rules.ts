import type { Action, Assignment, Mapping, WorkflowDefinition } from '../definition.js'
import { error, type Finding, warning } from './finding.js'
import type { TypeProblem } from './infer-shape.js'
import type { Place } from './places.js'
import { type SchemaOf, type Shapes, shapesOf } from './scope-shapes.js'
import { anything, inWords, type Kind, only, type Shape } from './shape.js'

const fixes: Readonly<Record<TypeProblem['code'], string>> = {
  MEMBER_UNKNOWN: 'Correct the name.',
  MEMBER_UNDECLARED: 'Correct the name, or declare the member in the schema.',
  DATA_UNWRITTEN: 'Correct the name, or assign it before.',
  TYPE_MISMATCH: 'Compare and compute with what has the same type; convert with string() or double().',
  COMPARISON_CONSTANT: 'Correct the value that it is compared with.',
}
const errors: readonly TypeProblem['code'][] = ['MEMBER_UNKNOWN', 'TYPE_MISMATCH']

/** An expression where it stands, with what it must give. */
interface Use {
  readonly source: string
  readonly what: string
  readonly output: Shape
  readonly needs?: readonly Kind[]
  /** A member that is never written is null here, which is asked for. */
  readonly mayBeNull?: boolean
}

const all = (mapping: Mapping | undefined, what: string, output: Shape): readonly Use[] =>
  Object.entries(mapping ?? {}).map(([name, source]) => ({ source, what: `${what} ${name}`, output }))

const assigned = (assign: readonly Assignment[] | undefined, output: Shape): readonly Use[] =>
  (assign ?? []).map(({ to, from, reducer }) => ({
    source: from,
    what: `data.${to}`,
    output,
    ...(reducer === 'sum' ? { needs: ['number'] as const } : reducer === 'merge' ? { needs: ['object'] as const } : {}),
  }))

const inActions = (actions: readonly Action[] | undefined, output: Shape): readonly Use[] =>
  (actions ?? []).flatMap((action) => (action.do === 'assign' ? assigned(action.assign, output) : []))

/** An agent's input: what its contract does not require may be left null. */
const sent = (mapping: Mapping, { members }: Shape): readonly Use[] =>
  Object.entries(mapping).map(([name, source]) => ({
    source,
    what: `input ${name}`,
    output: anything,
    mayBeNull: members?.required.has(name) !== true,
  }))

const ofKind = ({ state }: Place, output: Shape, shapes: Shapes): readonly Use[] => {
  const one = (source: string | undefined, what: string, needs: readonly Kind[], seen = anything): readonly Use[] =>
    source === undefined ? [] : [{ source, what, output: seen, needs }]
  switch (state.kind) {
    case 'agent':
      return [
        ...sent(state.input, shapes.ofContract(state.inputContract)),
        ...one(state.outcome, 'the outcome', ['string'], output),
        ...all(state.compensate?.input, "the compensation's input", output),
      ]
    case 'set':
      return assigned(state.assign, anything)
    case 'human':
      return all(state.shows, 'shown', anything)
    case 'wait':
      return [
        ...one(state.forMs, 'forMs', ['number']),
        ...one(state.until, 'until', ['number']),
        ...one(state.correlate, 'the correlation', ['string', 'number']),
      ]
    case 'workflow':
      return all(state.input, 'input', anything)
    case 'map':
      return [...one(state.items, 'the items', ['list']), ...all(state.input, 'input', anything)]
    case 'end':
      return all(state.result, 'result', anything)
    default:
      return []
  }
}

const usesOf = (place: Place, shapes: Shapes): readonly Use[] => {
  const { state } = place
  const done = shapes.outputOf(place, 'done')
  return [
    ...ofKind(place, done, shapes),
    ...inActions(state.entry, anything),
    ...inActions(state.exit, anything),
    ...(state.artifacts ?? []).map(({ name, content }) => ({
      source: content,
      what: `artifact ${name}`,
      output: state.kind === 'end' ? anything : done,
    })),
    ...(state.transitions ?? []).flatMap(({ on, when, assign, actions }) => {
      const output = shapes.outputOf(place, on ?? null)
      return [
        ...(when === undefined ? [] : [{ source: when, what: 'the guard', output, needs: ['boolean'] as const }]),
        ...assigned(assign, output),
        ...inActions(actions, output),
      ]
    }),
  ]
}

/** Null may come of a member that is absent, and is dealt with when it does. */
const canGive = ({ kinds }: Shape, needs: readonly Kind[]): boolean => {
  const given = [...(kinds ?? [])].filter((kind) => kind !== 'null')
  return given.length === 0 || given.some((kind) => needs.includes(kind))
}

const isPath = (source: string): boolean => /^data(\.\w+)+$/.test(source)

const judge = (place: Place, { source, what, output, needs, mayBeNull }: Use, shapes: Shapes): readonly Finding[] => {
  const problems: TypeProblem[] = []
  const shape = shapes.ofExpression(place, source, { output, report: (problem) => problems.push(problem) })
  if (needs && !canGive(shape, needs))
    problems.push({
      code: 'TYPE_MISMATCH',
      message: `${source} gives ${inWords(shape)}, not ${inWords(only(...needs))}`,
    })
  const spared = mayBeNull === true && isPath(source)
  return problems.flatMap(({ code, message }) => {
    if (spared && code === 'DATA_UNWRITTEN') return []
    const make = errors.includes(code) ? error : warning
    return [make(code, place.path, `${what}: ${message}`, fixes[code])]
  })
}

/** Where a value cannot be what is asked for: the way to it, and both shapes in words. */
const mismatches = (given: Shape, asked: Shape, at: string): readonly string[] => {
  // Nothing at all, as in an empty list, fits whatever is asked for.
  if (given.kinds === null || given.kinds.size === 0 || asked.kinds === null) return []
  const mayBe = [...given.kinds].some((kind) => kind !== 'null' && asked.kinds?.has(kind))
  const onlyNull = [...given.kinds].every((kind) => kind === 'null')
  if (onlyNull ? !asked.kinds.has('null') : !mayBe) return [`${at} is ${inWords(given)}, not ${inWords(asked)}`]
  const { members } = given
  const inner =
    members && asked.members
      ? asked.members.names.flatMap((name) => {
          const [held, wanted] = [members.get(name), asked.members?.get(name)]
          if (held && wanted) return mismatches(held, wanted, `${at}.${name}`)
          const lacking = !held && members.others === 'refused' && asked.members?.required.has(name)
          return lacking ? [`${at} has no ${name}`] : []
        })
      : []
  const items = given.items && asked.items ? mismatches(given.items, asked.items, `an item of ${at}`) : []
  const words =
    given.words && asked.words && !given.words.some((word) => asked.words?.includes(word))
      ? [`${at} is ${given.words.join(' or ')}, not one of ${asked.words.join(', ')}`]
      : []
  return [...inner, ...items, ...words]
}

interface Sent {
  readonly mapping: Mapping
  readonly asked: Shape
  readonly whose: string
}

/** A mapping against the schema of what it is sent to: names, what is required, types. */
const checkMapping = (place: Place, { mapping, asked, whose }: Sent, shapes: Shapes): readonly Finding[] => {
  const { members } = asked
  if (!members) return []
  const unknown = Object.keys(mapping).filter((name) => !members.get(name) && members.others !== 'anything')
  const missing = [...members.required].filter((name) => !Object.hasOwn(mapping, name))
  const wrong = Object.entries(mapping).flatMap(([name, source]) => {
    const wanted = members.get(name)
    if (!wanted) return []
    const given = shapes.ofExpression(place, source, { output: anything, report: () => undefined })
    return mismatches(given, wanted, name)
  })
  const known = members.names.slice(0, 20).join(', ')
  return [
    ...unknown.map((name) =>
      (members.others === 'refused' ? error : warning)(
        'INPUT_UNKNOWN',
        place.path,
        `${whose} has no ${name}`,
        `Correct the name, or leave it out; it has ${known}.`,
      ),
    ),
    ...missing.map((name) => error('INPUT_MISSING', place.path, `${whose} needs ${name}`, 'Map an expression to it.')),
    ...wrong.map((what) =>
      error('INPUT_MISMATCH', place.path, `${whose}: ${what}`, 'Map a value of the type that is asked for.'),
    ),
  ]
}

const checkEdges = (place: Place, definition: WorkflowDefinition, shapes: Shapes): readonly Finding[] => {
  const { state, region } = place
  if (state.kind === 'agent') {
    const asked = shapes.ofContract(state.inputContract)
    return checkMapping(place, { mapping: state.input, asked, whose: `the input of ${state.agent}` }, shapes)
  }
  const isResult = state.kind === 'end' && state.status === 'completed' && region.owner === null
  if (!isResult || definition.output === undefined) return []
  const asked = shapes.ofContract(definition.output)
  return checkMapping(place, { mapping: state.result ?? {}, asked, whose: "the workflow's output" }, shapes)
}

/** What an outcome may be, where its schema lists it, is answered; what it cannot be is not waited for. */
const checkOutcome = (place: Place, shapes: Shapes): readonly Finding[] => {
  const { state, path } = place
  if (state.kind !== 'agent' || state.outcome === undefined) return []
  const output = shapes.outputOf(place, 'done')
  const { words, kinds } = shapes.ofExpression(place, state.outcome, { output, report: () => undefined })
  if (!words || kinds?.size !== 1) return []
  const answered = new Set((state.transitions ?? []).flatMap(({ on }) => on ?? []))
  const never = [...answered].filter((on) => on !== 'failed' && on !== 'timeout' && !words.includes(on))
  return [
    ...words
      .filter((word) => !answered.has(word))
      .map((word) =>
        error('OUTCOME_UNANSWERED', path, `no transition answers ${word}`, `Add a transition on ${word}.`),
      ),
    ...never.map((on) =>
      warning(
        'OUTCOME_IMPOSSIBLE',
        path,
        `${on} never comes: the outcome is ${words.join(' or ')}`,
        'Correct the name.',
      ),
    ),
  ]
}

const distinct = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((finding) => [`${finding.code} ${finding.where} ${finding.message}`, finding])).values(),
]

/**
 * Rule: expressions read what there is and give what is asked for, as far as the schemas of contracts, or inline ones,
 * tell. Members of registered contracts are all there are; an inline schema may be open.
 */
export const checkTypes = (
  definition: WorkflowDefinition,
  schemaOf: SchemaOf = () => undefined,
): readonly Finding[] => {
  const shapes = shapesOf(definition, schemaOf)
  return distinct(
    shapes.places.flatMap((place) => [
      ...usesOf(place, shapes).flatMap((use) => judge(place, use, shapes)),
      ...checkEdges(place, definition, shapes),
      ...checkOutcome(place, shapes),
    ]),
  )
}
