import type { Expression, Mapping } from '@flotilla/engine'
import { assignmentsOf, type Writes } from './actions.js'
import { type Answering, type Edges, transitionOf, transitionsOf, type Way } from './edges.js'
import { type Common, commonOf, type State } from './state.js'

/** Writes to the shared state and moves on. */
export const set = <On extends string, const To extends string>(
  step: Common & { readonly assign: Writes; readonly on: Edges<On, To> & Answering<NoInfer<On>, 'done'> },
): State<To> => ({
  body: {
    kind: 'set',
    ...commonOf(step),
    assign: assignmentsOf(step.assign),
    transitions: transitionsOf(step.on),
  },
})

/** The last way of a choice: it has no guard, so that a choice always finds one. */
export type Otherwise<To extends string> = Omit<Way<To>, 'when'> & { readonly when?: never }

/** Takes the first way whose guard holds. The last has none. */
export const choice = <const To extends string>(
  ways: readonly [...(Way<To> & { readonly when: Expression })[], Otherwise<To>],
  common: Common = {},
): State<To> => ({
  body: { kind: 'choice', ...commonOf(common), transitions: ways.map((way) => transitionOf(null, way)) },
})

/** Ends its region well. */
export const end = (
  step: Pick<Common, 'title' | 'path' | 'entry' | 'artifacts'> & { result?: Mapping } = {},
): State<never> => ({
  body: {
    kind: 'end',
    ...commonOf(step),
    status: 'completed',
    ...(step.result === undefined ? {} : { result: step.result }),
  },
})

/** Ends its region badly, with a code for programs and a message for people. */
export const failure = (
  code: string,
  message: string,
  common: Pick<Common, 'title' | 'path' | 'entry' | 'artifacts'> = {},
): State<never> => ({
  body: { kind: 'end', ...commonOf(common), status: 'failed', error: { code, message } },
})
