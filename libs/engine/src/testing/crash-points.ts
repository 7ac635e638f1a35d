import { advance } from '../advance.js'
import type { WorkflowDefinition } from '../definition.js'
import { equalJson } from '../equal-json.js'
import type { RunEvent } from '../event.js'
import { initialState } from '../initial-state.js'
import type { RunState } from '../state.js'
import { checkInvariants } from './check-invariants.js'
import type { LawfulWorld } from './laws.js'
import { simulate } from './simulate.js'

/** Where a process may die in the turn of one event: before its transaction commits, or after it and before it is told. */
export const crashPoints = ['before-commit', 'after-commit'] as const
export type CrashPoint = (typeof crashPoints)[number]

/** One crash that was played. */
export interface CrashStory {
  readonly event: RunEvent['type']
  readonly point: CrashPoint
  readonly state: RunState
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T // as a store gives it back

/**
 * Plays a workflow's story once through, then once for every event and crash point: the process that applies the event dies,
 * another reads the stored state and goes on, and whatever was not known to be done comes again. Throws where the run does
 * not end as it did without a crash. Gives the stories that were played.
 */
export const exploreCrashes = (
  definition: WorkflowDefinition,
  { agents, options }: Omit<LawfulWorld, 'walk'>,
): readonly CrashStory[] => {
  const { state: expected, events } = simulate(definition, agents, options)
  const given = events.flatMap(({ event, ignored }) => (ignored === null ? [event] : []))
  const { runId, submittedBy } = expected
  return given.flatMap(({ type }, crashAt) =>
    crashPoints.map((point): CrashStory => {
      let stored: RunState = initialState({ runId, submittedBy })
      const apply = (event: RunEvent): RunState => {
        const before = copy(stored)
        const advanced = advance(definition, before, copy(event))
        checkInvariants(before, event, advanced)
        return advanced.state
      }
      for (const [index, event] of given.entries()) {
        // What was applied and not stored is lost; what was stored and not told comes again.
        if (index === crashAt && point === 'before-commit') apply(event)
        stored = apply(event)
        if (index === crashAt && point === 'after-commit') stored = apply(event)
      }
      if (!equalJson(stored, expected))
        throw new Error(`a crash ${point} of event ${crashAt} (${type}) changes how the run ends`)
      return { event: type, point, state: stored }
    }),
  )
}
