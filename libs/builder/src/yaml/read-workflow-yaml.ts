import type { Json, StateDefinition, WorkflowDefinition } from '@flotilla/engine'
import { readCheckpoints } from './checkpoints.js'
import {
  compact,
  type Cursor,
  durationMsOf,
  isGiven,
  member,
  membersOf,
  numberOf,
  objectOf,
  refuseOthers,
  textOf,
  wordOf,
} from './cursor.js'
import { makeProblems, parseYamlDocument, type Problems, type YamlDocument } from './document.js'
import { expressionOf, type Names, writtenIn } from './expressions.js'
import { type Path, pointerTo, WorkflowYamlError } from './problem.js'
import { readRegion } from './read-state.js'
import { triggersIn } from './triggers.js'
import { contractIn, retryIn } from './work-states.js'

/** A definition that was written in YAML. */
export interface WorkflowYaml {
  /** Translated, not yet linted. Plain definitions are given as they stand, whatever their shape. */
  readonly definition: WorkflowDefinition
  /** The line of what a finding is about: a state's path, a JSON pointer into the definition, or '' for the whole. */
  readonly lineOf: (where: string) => number
  /** The same as a JSON pointer into the document. */
  readonly pointerOf: (where: string) => string
}

/** What the document may leave to who reads it. */
export interface WorkflowYamlDefaults {
  readonly name?: string
  readonly version?: number
}

const members = [
  'name',
  'version',
  'title',
  'description',
  'service',
  'initial',
  'input',
  'output',
  'timeout',
  'checkpoint',
  'checkpoints',
  'retry',
  'concurrency',
  'compensation',
  'triggers',
  'trigger',
  'guards',
  'states',
  'clean_up',
]

const spoken = (name: string): string => {
  const words = name.replaceAll(/[_-]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Guards with names of their own; they may use those before them. */
const guardsIn = (cursor: Cursor, written: ReadonlySet<string>): Names => {
  const guards = new Map<string, string>()
  for (const [name, held] of membersOf(cursor)) {
    const guard = expressionOf(held, { written, guards })
    if (guard !== undefined) guards.set(name, guard)
  }
  return { written, guards }
}

const concurrencyIn = (cursor: Cursor, names: Names): WorkflowDefinition['concurrency'] => {
  if (!isGiven(cursor)) return undefined
  if (objectOf(cursor.value) === null) return { max: numberOf(cursor) ?? 1, behaviour: 'queue' }
  return {
    max: numberOf(member(cursor, 'max', 'limit')) ?? 1,
    behaviour: wordOf(member(cursor, 'behaviour', 'behavior'), ['queue', 'reject']) ?? 'queue',
    ...compact({ key: expressionOf(member(cursor, 'key'), names) }),
  }
}

const translate = (root: Cursor, defaults: WorkflowYamlDefaults, places: Map<string, Path>): WorkflowDefinition => {
  refuseOthers(root, members, () => false)
  const names = guardsIn(member(root, 'guards'), writtenIn(root.value ?? null))
  const plan = readCheckpoints(member(root, 'checkpoint', 'checkpoints'), names)
  const region = readRegion(root, { names, checkpoints: plan.ofStates, places, scope: '' })
  const name = textOf(member(root, 'name')) ?? defaults.name ?? ''
  return {
    name,
    version: numberOf(member(root, 'version')) ?? defaults.version ?? 1,
    title: textOf(member(root, 'title')) ?? spoken(name),
    semantics: 1,
    input: contractIn(member(root, 'input')) ?? {},
    deadlineMs: durationMsOf(member(root, 'timeout')) ?? null,
    ...compact({
      description: textOf(member(root, 'description')),
      service: textOf(member(root, 'service')),
      output: contractIn(member(root, 'output')),
      checkpoint: plan.otherwise,
      retry: retryIn(member(root, 'retry')),
      concurrency: concurrencyIn(member(root, 'concurrency'), names),
      compensation: wordOf(member(root, 'compensation'), ['on-failure', 'on-request']),
      triggers: triggersIn(member(root, 'triggers', 'trigger'), names),
      cleanUpMs: durationMsOf(member(root, 'clean_up')),
    }),
    ...region,
  }
}

const throwFound = ({ found }: Problems, { lineOf }: YamlDocument): void => {
  if (found.length === 0) return
  const problems = found.map(({ at, ...problem }) => ({ ...problem, line: lineOf(at), path: pointerTo(at) }))
  throw new WorkflowYamlError(problems.toSorted((a, b) => a.line - b.line))
}

/** The way into the document of a pointer into the definition: states are a list there, a mapping here. */
const documentPath = (pointer: string, states: readonly StateDefinition[], before: Path): Path => {
  const [, first = '', index = '', ...rest] = pointer.split('/')
  const name = first === 'states' ? states[Number(index)]?.name : undefined
  return name === undefined ? [...before, first] : [...before, 'states', name, ...rest]
}

/** Where the states of a plain definition stand, by their paths. */
const plainPlaces = (region: Json | undefined, before: Path, scope: string, places: Map<string, Path>): void => {
  const states = objectOf(region)?.['states']
  if (!Array.isArray(states)) return
  for (const [index, state] of (states as readonly Json[]).entries()) {
    const found = objectOf(state)
    const path = scope + String(found?.['name'])
    const at = [...before, 'states', index]
    if (found === null) continue
    places.set(path, at)
    plainPlaces(found, at, `${path}.each.`, places)
    plainPlaces(found['body'], [...at, 'body'], `${path}.`, places)
    const { branches } = found
    if (Array.isArray(branches))
      for (const [number, branch] of (branches as readonly Json[]).entries())
        plainPlaces(branch, [...at, 'branches', number], scope, places)
  }
}

interface Located {
  readonly document: YamlDocument
  readonly definition: WorkflowDefinition
  readonly places: ReadonlyMap<string, Path>
  readonly pathOfPointer: (pointer: string) => Path
}

/** A place that a finding names is a state's path, or that of a branch: `checks/kyc`. */
const located = ({ document, definition, places, pathOfPointer }: Located): WorkflowYaml => {
  const pathOf = (where: string): Path =>
    where.startsWith('/') ? pathOfPointer(where) : (places.get(where) ?? places.get(where.split('/')[0] ?? '') ?? [])
  return {
    definition,
    lineOf: (where) => document.lineOf(pathOf(where)),
    pointerOf: (where) => pointerTo(pathOf(where)),
  }
}

/** The definition as it stands, of whatever shape: the linter judges it. */
const plain = (document: YamlDocument, defaults: WorkflowYamlDefaults): WorkflowYaml => {
  const places = new Map<string, Path>()
  plainPlaces(document.value, [], '', places)
  const definition = { ...defaults, ...objectOf(document.value) } as unknown as WorkflowDefinition // or not: see above
  return located({ document, definition, places, pathOfPointer: (pointer) => pointer.slice(1).split('/') })
}

/**
 * Reads a workflow definition from YAML: the short syntax, in which `states` is a mapping from names, or the plain
 * definition, in which it is a list. Throws `WorkflowYamlError` with every problem, its line and its path.
 */
export const readWorkflowYaml = (text: string, defaults: WorkflowYamlDefaults = {}): WorkflowYaml => {
  const document = parseYamlDocument(text)
  const wrapped = objectOf(objectOf(document.value)?.['workflow'])
  const value: Json = wrapped ?? document.value
  if (Array.isArray(objectOf(value)?.['states'])) return plain(document, defaults)
  const problems = makeProblems()
  const before: Path = wrapped ? ['workflow'] : []
  if (objectOf(value) === null)
    problems.add(before, { code: 'SHAPE', message: 'is not a mapping', fix: 'Give a workflow: name, states.' })
  throwFound(problems, document)
  const places = new Map<string, Path>([['', before]])
  const definition = translate({ value, path: before, problems }, defaults, places)
  throwFound(problems, document)
  const pathOfPointer = (pointer: string): Path => documentPath(pointer, definition.states, before)
  return located({ document, definition, places, pathOfPointer })
}
