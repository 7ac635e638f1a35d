import { advance, type Advanced } from '../advance.js'
import type { Command, StreamedEvent } from '../command.js'
import type { WorkflowDefinition } from '../definition.js'
import type { RunEvent } from '../event.js'
import { initialState } from '../initial-state.js'
import type { Json } from '../json.js'
import type { RunState, StepState } from '../state.js'
import { stepAt } from '../step-at.js'
import { checkInvariants } from './check-invariants.js'

type WithoutTime<T> = T extends RunEvent ? Omit<T, 'at'> : never
/** An event without its time, which is the run's clock's. */
export type Given = WithoutTime<RunEvent>

/** A run in a test: give it events, look at what came of them. Every event is checked with `checkInvariants`. */
export interface TestRun {
  readonly state: RunState
  readonly now: number
  /** Of the last event. */
  readonly last: Advanced
  readonly commands: readonly Command[]
  /** Types of what the last event published. */
  readonly published: readonly StreamedEvent['type'][]
  readonly give: (event: Given) => TestRun
  readonly later: (ms: number) => TestRun
  readonly step: (path: string) => StepState
  readonly start: (path: string) => TestRun
  readonly succeed: (path: string, output?: Json) => TestRun
  readonly fail: (path: string, code?: string) => TestRun
}

/** A run of a definition that has been started with an input, or with another first event; `before` is what a resume goes on from. */
export const aRun = (definition: WorkflowDefinition, input: Json = {}, first?: Given, before?: RunState): TestRun => {
  const isResumed = first?.type === 'ResumeRequested' && before !== undefined
  let state = isResumed ? before : initialState({ runId: first ? 'f' : 'r', submittedBy: 'a-submitter' })
  let now = 1_000
  let last: Advanced = { state, commands: [] }
  const from = (step: string) => ({ step, dispatch: stepAt(state, step).dispatch, attempt: 1 })

  const run: TestRun = {
    get state() {
      return state
    },
    get now() {
      return now
    },
    get last() {
      return last
    },
    get commands() {
      return last.commands
    },
    get published() {
      return last.commands.flatMap((command) => (command.type === 'Publish' ? [command.event.type] : []))
    },
    give: (given) => {
      const event = { ...given, at: now } as RunEvent // a member of the union with its time put back
      last = advance(definition, state, event)
      checkInvariants(state, event, last)
      state = last.state
      return run
    },
    later: (ms) => {
      now += ms
      return run
    },
    step: (path) => stepAt(state, path),
    start: (path) => run.give({ type: 'StepStarted', ...from(path) }),
    succeed: (path, output = {}) => run.give({ type: 'StepSucceeded', ...from(path), output, usage: null }),
    fail: (path, code = 'BROKEN') =>
      run.give({ type: 'StepFailed', ...from(path), error: { code, message: 'broken', stack: 'at x' }, attempts: 1 }),
  }
  return run.give(first ?? { type: 'RunStarted', input })
}
