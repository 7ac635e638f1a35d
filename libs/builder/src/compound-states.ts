import type { Expression, Json, Join, Mapping, Region } from '@flotilla/engine'
import { type Duration, msOf } from './duration.js'
import { type Answering, type Edges, transitionsOf } from './edges.js'
import { type Common, commonOf, listStates, type State, type States } from './state.js'

/** A machine of its own. It begins at its first state unless told otherwise. */
export const region = <Name extends string>(
  states: States<Name>,
  { initial }: { readonly initial?: NoInfer<Name> } = {},
): Region => {
  const listed = listStates(states)
  return { initial: initial ?? listed[0]?.name ?? '', states: listed }
}

/** A branch: a region, and what its failure means to the join. */
export interface BranchSpec extends Region {
  readonly requirement?: 'required' | 'optional' | { readonly degraded: Json }
}

/** A branch with a requirement: `branch('optional', region({ ... }))`. */
export const branch = (requirement: NonNullable<BranchSpec['requirement']>, inner: Region): BranchSpec => ({
  requirement,
  ...inner,
})

/** When the fan-in closes: `all`, `any`, `quorum`, so many, or what has come in by a deadline. */
export type JoinSpec =
  'all' | 'any' | 'quorum' | { readonly of: number } | { readonly until: Duration; readonly min: number }

const joinOf = (join: JoinSpec): Join => {
  if (typeof join === 'string') return { policy: join }
  if ('of' in join) return { policy: 'k-of-n', k: join.of }
  return { policy: 'until', deadlineMs: msOf(join.until), min: join.min }
}

/** Runs branches side by side. */
export const parallel = <On extends string, const To extends string>(
  step: Common & {
    readonly branches: Readonly<Record<string, BranchSpec>>
    /** Default `all`. */
    readonly join?: JoinSpec
    readonly onBranchFailure: 'fail-fast' | 'best-effort' | 'by-environment'
    /** For all branches together. */
    readonly deadline?: Duration
    readonly on: Edges<On, To> & Answering<NoInfer<On>, 'done'>
  },
): State<To> => ({
  body: {
    kind: 'parallel',
    ...commonOf(step),
    join: joinOf(step.join ?? 'all'),
    onBranchFailure: step.onBranchFailure,
    ...(step.deadline === undefined ? {} : { deadlineMs: msOf(step.deadline) }),
    branches: Object.entries(step.branches).map(([name, held]) => ({ name, ...held })),
    transitions: transitionsOf(step.on),
  },
})

/** Runs a region for each item of a list. */
export const map = <On extends string, const To extends string>(
  step: Common & {
    readonly items: Expression
    readonly each: Region
    /** What an item sees of the run, beside `item` and `index`. */
    readonly input?: Mapping
    readonly concurrency: number
    /** A longer list fails the step. */
    readonly itemsMax: number
    readonly onItemFailure: 'fail-fast' | 'best-effort'
    /** For all items together. */
    readonly deadline?: Duration
    readonly on: Edges<On, To> & Answering<NoInfer<On>, 'done'>
  },
): State<To> => ({
  body: {
    kind: 'map',
    ...commonOf(step),
    items: step.items,
    ...(step.input === undefined ? {} : { input: step.input }),
    concurrency: step.concurrency,
    itemsMax: step.itemsMax,
    onItemFailure: step.onItemFailure,
    ...(step.deadline === undefined ? {} : { deadlineMs: msOf(step.deadline) }),
    ...step.each,
    transitions: transitionsOf(step.on),
  },
})

/** Another workflow as one state: inlined, or `detached` as a child run. */
export const subWorkflow = <On extends string, const To extends string>(
  workflow: string,
  version: number,
  step: Common & {
    readonly input: Mapping
    readonly on: Edges<On, To> & Answering<NoInfer<On>, 'done'>
    /** Its body, where it is not registered on its own. */
    readonly body?: Region
    readonly detached?: boolean
    readonly deadline?: Duration
  },
): State<To> => ({
  body: {
    kind: 'workflow',
    ...commonOf(step),
    workflow,
    version,
    input: step.input,
    ...(step.body === undefined ? {} : { body: step.body }),
    ...(step.detached === undefined ? {} : { detached: step.detached }),
    ...(step.deadline === undefined ? {} : { deadlineMs: msOf(step.deadline) }),
    transitions: transitionsOf(step.on),
  },
})
