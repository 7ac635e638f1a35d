import type { ContractRef, Trigger, WorkflowDefinition } from '@flotilla/engine'
import { type Duration, msOf } from './duration.js'
import { type Retry, retryOf } from './retry.js'
import { type Checkpoint, checkpointOf, listStates, type States } from './state.js'

/** A workflow with its states by name. */
export interface Workflow<Name extends string> {
  readonly name: string
  readonly version: number
  readonly title: string
  readonly description?: string
  /** `service.name` of the run's own spans. */
  readonly service?: string
  readonly input: ContractRef
  readonly output?: ContractRef
  /** Of the whole run; null: none. */
  readonly deadline: Duration | null
  readonly checkpoint?: Checkpoint
  readonly retry?: Retry
  readonly concurrency?: NonNullable<WorkflowDefinition['concurrency']>
  readonly compensation?: NonNullable<WorkflowDefinition['compensation']>
  readonly triggers?: readonly Trigger[]
  /** How long cancellation waits for agents at work. */
  readonly cleanUp?: Duration
  /** Default the first state. */
  readonly initial?: NoInfer<Name>
  readonly states: States<Name>
}

/**
 * A workflow definition from its typed form: plain JSON, as it is linted, registered and run. What compiles leads to
 * states that there are and answers every outcome; the linter (`checkDefinition`) finds the rest.
 */
export const defineWorkflow = <Name extends string>(workflow: Workflow<Name>): WorkflowDefinition => {
  const { deadline, checkpoint, retry, cleanUp, initial, states, ...plain } = workflow
  const listed = listStates(states)
  return {
    ...plain,
    semantics: 1,
    deadlineMs: deadline === null ? null : msOf(deadline),
    ...(checkpoint === undefined ? {} : { checkpoint: checkpointOf(checkpoint) }),
    ...(retry === undefined ? {} : { retry: retryOf(retry) }),
    ...(cleanUp === undefined ? {} : { cleanUpMs: msOf(cleanUp) }),
    initial: initial ?? listed[0]?.name ?? '',
    states: listed,
  }
}
