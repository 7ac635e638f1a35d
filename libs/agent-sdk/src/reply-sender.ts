import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplyKind, StepJob, StepReply, StepReplyBodies } from '@flotilla/contracts'
import { JobFailure, type ReplyWriter, type Sealer } from '@flotilla/queues'
import { currentTraceparent, parseTraceparent } from '@flotilla/telemetry'
import type { Payloads } from '@flotilla/vault'

/** What replies are sent with. */
export interface ReplyTools {
  readonly writer: ReplyWriter
  readonly sealer: Sealer
  readonly payloads: Payloads
  /** Name of this process, for the history. */
  readonly worker: string
}

/** Plaintext beyond this many bytes goes to the vault and travels as a reference. */
export const inlineBytesMax = 65_536

/** Which execution answers. */
export type Replying = Pick<StepJob, 'runId' | 'step' | 'dispatch' | 'tenantId' | 'outputContract'>

/** Signs of life that are soon followed by others: told once or not at all. */
const passing: ReadonlySet<ReplyKind> = new Set(['progressed', 'checkpointed'])
const pauseFirstMs = 200
const pauseMaxMs = 2_000

/**
 * Makes the sender of one execution's replies. A reply resolves when Redis has it. While Redis does not take it, it is told
 * again until `signal` is aborted, in the order in which the replies were given: an outage of the courier costs no attempt, and
 * what an agent has done is not done again. A failure is a `JobFailure` REPLY_NOT_SENT, so that BullMQ runs the job again:
 * an answer that nobody heard was not given.
 */
export const makeReplySender = (
  { writer, sealer, payloads, worker }: ReplyTools,
  job: Replying,
  { attempt, signal }: { readonly attempt: number; readonly signal?: AbortSignal },
) => {
  /** Settled when no reply is being told again. */
  let behind: Promise<unknown> = Promise.resolve()

  const write = (reply: StepReply): Promise<void> => writer.write(reply)
  const tellAgain = async (reply: StepReply, until: AbortSignal): Promise<void> => {
    for (let pauseMs = pauseFirstMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
      await sleep(pauseMs, undefined, { signal: until })
      try {
        await write(reply)
        return
      } catch {
        // Redis is still away, or full.
      }
    }
  }
  const tell = async (reply: StepReply): Promise<void> => {
    await behind
    try {
      await write(reply)
    } catch (error) {
      if (!signal || passing.has(reply.kind)) throw error
      const told = behind.then(() => tellAgain(reply, signal))
      behind = told.catch(() => undefined)
      await told
    }
  }

  return async <K extends ReplyKind>(kind: K, body: StepReplyBodies[K], ranMs?: number): Promise<void> => {
    const { runId, step, dispatch, tenantId } = job
    const contract = kind === 'succeeded' ? job.outputContract : null
    const text = body === null ? null : JSON.stringify(body)
    const traceparent = currentTraceparent()
    try {
      const sealed =
        text === null ? null : sealer.sealText(text, { runId, step, dispatch, contract, direction: `reply.${kind}` })
      const large = text !== null && Buffer.byteLength(text) > inlineBytesMax
      await tell({
        v: 1,
        kind,
        runId,
        step,
        dispatch,
        attempt,
        ...(ranMs === undefined ? {} : { ranMs }),
        spanId: parseTraceparent(traceparent)?.spanId ?? null,
        traceparent,
        contract,
        sealed: large ? null : sealed,
        ref: large ? await payloads.save({ tenantId, runId, body: Buffer.from(sealed ?? '') }) : null,
        hash: text === null ? null : sealer.hash('reply', text),
        worker,
      })
    } catch {
      throw new JobFailure('REPLY_NOT_SENT')
    }
  }
}
