import type { StepReply, StepReplyBodies } from '@flotilla/contracts'
import type { Json, JsonObject, RunEvent } from '@flotilla/engine'

/** Body of a reply by its kind, opened and parsed; null for `started`. */
export type ReplyBody = StepReplyBodies[keyof StepReplyBodies]

/**
 * The event that a reply tells of. `at` is epoch ms by Postgres' clock, never the agent's. Throws TypeError for a body
 * that is not of the reply's kind: the entry then counts as malformed.
 */
export const replyToEvent = (reply: StepReply, body: ReplyBody, at: number): RunEvent => {
  const from = {
    at,
    step: reply.step,
    dispatch: reply.dispatch,
    attempt: reply.attempt,
    spanId: reply.spanId ?? null,
    ...(reply.ranMs === undefined ? {} : { ranMs: reply.ranMs }),
  }
  if (reply.kind === 'started') return { type: 'StepStarted', ...from }
  if (body === null || typeof body !== 'object') throw new TypeError(`a ${reply.kind} reply has no body`)
  switch (reply.kind) {
    case 'progressed': {
      const { fraction, message, emitted, payload } = body as StepReplyBodies['progressed']
      return { type: 'StepProgressed', ...from, fraction, message, emitted, payload: (payload ?? null) as Json }
    }
    case 'retrying': {
      const { code, message, afterMs } = body as StepReplyBodies['retrying']
      return { type: 'StepRetrying', ...from, error: { code, message, step: reply.step }, afterMs }
    }
    case 'checkpointed': {
      const { id, label, data } = body as StepReplyBodies['checkpointed']
      return { type: 'StepCheckpointed', ...from, id, label, data: (data ?? null) as Json }
    }
    case 'succeeded': {
      const { output, usage } = body as StepReplyBodies['succeeded']
      return { type: 'StepSucceeded', ...from, output: (output ?? null) as Json, usage }
    }
    case 'failed': {
      const { code, message, stack, attempts, usage } = body as StepReplyBodies['failed']
      return {
        type: 'StepFailed',
        ...from,
        error: { code, message, step: reply.step, ...(stack === null ? {} : { stack }) },
        attempts,
        usage,
      }
    }
    case 'asked': {
      const { payload, deadlineMs } = body as StepReplyBodies['asked']
      return { type: 'StepAskedHuman', ...from, payload: payload as JsonObject, deadlineMs }
    }
  }
}
