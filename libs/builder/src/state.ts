import type { Action, ArtifactRule, CheckpointPolicy, Expression, StateDefinition } from '@flotilla/engine'
import { type Duration, msOf } from './duration.js'

declare const leadsTo: unique symbol

type Nameless<S> = S extends StateDefinition ? Omit<S, 'name'> : never

/** A state that has no name yet: it gets it from the member that holds it. `To`: the states that it leads to. */
export interface State<To extends string> {
  readonly body: Nameless<StateDefinition>
  readonly [leadsTo]?: To
}

/** The states of a region by name; each may lead only to states that there are. */
export type States<Name extends string> = { readonly [N in Name]: State<NoInfer<Name>> }

/** When a state saves checkpoints; `every` with a time, or with a number of what `of` counts. */
export type Checkpoint =
  false | 'after' | { readonly every: number; readonly of: Expression } | { readonly every: Duration }

/** What every state may have. */
export interface Common {
  readonly title?: string
  /** Per cent of the run; inside a compound its share of that. */
  readonly weight?: number
  readonly entry?: readonly Action[]
  readonly exit?: readonly Action[]
  readonly checkpoint?: Checkpoint
  readonly artifacts?: readonly ArtifactRule[]
  /** How often the state may be entered in one run: required on a loop. */
  readonly maxVisits?: number
  readonly path?: 'happy' | 'error' | 'edge'
}

/** A checkpoint policy as a definition has it. */
export const checkpointOf = (policy: Checkpoint): CheckpointPolicy => {
  if (policy === false || policy === 'after') return policy
  return 'of' in policy ? policy : { everyMs: msOf(policy.every) }
}

/** The members that all kinds share, as a definition has them. */
export const commonOf = ({ title, weight, entry, exit, checkpoint, artifacts, maxVisits, path }: Common) => ({
  ...(title === undefined ? {} : { title }),
  ...(weight === undefined ? {} : { weight }),
  ...(entry === undefined ? {} : { entry }),
  ...(exit === undefined ? {} : { exit }),
  ...(checkpoint === undefined ? {} : { checkpoint: checkpointOf(checkpoint) }),
  ...(artifacts === undefined ? {} : { artifacts }),
  ...(maxVisits === undefined ? {} : { maxVisits }),
  ...(path === undefined ? {} : { path }),
})

/** States by name as a definition lists them. */
export const listStates = (states: Readonly<Record<string, State<string>>>): readonly StateDefinition[] =>
  // Name and body together are the member of the union that the body was taken from.
  Object.entries(states).map(([name, { body }]) => ({ name, ...body }) as StateDefinition)
