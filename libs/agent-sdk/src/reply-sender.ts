import type { ReplyKind, StepJob, StepReplyBodies } from '@flotilla/contracts'
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

/**
 * Makes the sender of one execution's replies. A reply resolves when Redis has it; a failure is a `JobFailure`
 * REPLY_NOT_SENT, so that BullMQ runs the job again: an answer that nobody heard was not given.
 */
export const makeReplySender =
  ({ writer, sealer, payloads, worker }: ReplyTools, job: Replying, attempt: number) =>
  async <K extends ReplyKind>(kind: K, body: StepReplyBodies[K]): Promise<void> => {
    const { runId, step, dispatch, tenantId } = job
    const contract = kind === 'succeeded' ? job.outputContract : null
    const text = body === null ? null : JSON.stringify(body)
    const traceparent = currentTraceparent()
    try {
      const sealed =
        text === null ? null : sealer.sealText(text, { runId, step, dispatch, contract, direction: `reply.${kind}` })
      const large = text !== null && Buffer.byteLength(text) > inlineBytesMax
      await writer.write({
        v: 1,
        kind,
        runId,
        step,
        dispatch,
        attempt,
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
