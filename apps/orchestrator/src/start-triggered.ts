import { ContractError, parseWorkflowInput } from '@flotilla/contracts'
import { ExpressionError, limitOf, type Json, type WorkflowDefinition } from '@flotilla/engine'
import { insertFirings, submitRunsIn, type Firing, type Submission, type Tx } from '@flotilla/store'
import { formatTraceparent, newSpanId, newTraceId } from '@flotilla/telemetry'
import { v7 as uuidv7 } from 'uuid'
import type { Definitions } from './definitions.js'

/** A trigger that goes off, with what it is to start. */
export interface Occasion {
  readonly trigger: {
    readonly tenant: string
    readonly workflow: string
    readonly name: string
    readonly version: number
    readonly definitionHash: string
  }
  /** What it goes off for: unique per trigger. */
  readonly occasion: string
  readonly priority: 0 | 1 | 2
  readonly chainDepth: number
  /** The input of the run to start; throws where it cannot be made. */
  readonly input: () => Json
}

/** What became of an occasion: a run (`submission`), or the reason why there is none (`error`, a code). */
export interface Triggered extends Firing {
  readonly submission: Submission | null
}

/** An occasion that starts nothing, for a reason with a code. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted'
  constructor(readonly code: string) {
    super(code)
  }
}

const codeOf = (error: unknown): string | null => {
  if (error instanceof NotStarted) return error.code
  if (error instanceof ContractError) return 'INPUT_REFUSED'
  return error instanceof ExpressionError ? 'EXPRESSION_FAILED' : null
}

const checkedInput = (definition: WorkflowDefinition, input: Json): Json => {
  const parsed = parseWorkflowInput(definition.input, input)
  if (parsed === null) throw new NotStarted('CONTRACT_UNKNOWN')
  return parsed.value as Json // parsed JSON
}

const plan = async (definitions: Definitions, one: Occasion): Promise<Triggered> => {
  const { tenant, workflow, name, version, definitionHash } = one.trigger
  const key = { tenant, workflow, name, occasion: one.occasion }
  try {
    const definition = await definitions.byHash(definitionHash)
    if (!definition) throw new NotStarted('DEFINITION_MISSING')
    const input = checkedInput(definition, one.input())
    const limit = limitOf(definition, input)
    const runId = uuidv7()
    const traceId = newTraceId()
    const submission: Submission = {
      runId,
      tenant,
      workflow,
      version,
      definitionHash,
      priority: one.priority,
      input,
      tags: [],
      submittedBy: `trigger:${name}`,
      traceId,
      traceparent: formatTraceparent({ traceId, spanId: newSpanId(), traceFlags: 1 }),
      idempotencyKey: null,
      fingerprint: null,
      chainDepth: one.chainDepth,
      // Nobody is there to be told to come back: what a limit would refuse waits for a slot.
      limit: limit && { ...limit, behaviour: 'queue' },
    }
    return { ...key, runId, error: null, submission }
  } catch (error) {
    const code = codeOf(error)
    if (code === null) throw error
    return { ...key, runId: null, error: code, submission: null }
  }
}

/**
 * Starts the runs of triggers that go off, in the transaction of what set them off. Of an occasion on which a trigger had
 * gone off before nothing comes. An input that cannot be made, or that the workflow does not take, is written down with
 * the firing and starts nothing. Gives what happened, without repeated occasions.
 */
export const startTriggered = async (
  tx: Tx,
  definitions: Definitions,
  occasions: readonly Occasion[],
): Promise<readonly Triggered[]> => {
  const planned: Triggered[] = []
  for (const one of occasions) planned.push(await plan(definitions, one))
  const happened = await insertFirings(tx, planned)
  await submitRunsIn(
    tx,
    happened.flatMap(({ submission }) => (submission === null ? [] : [submission])),
  )
  return happened
}
