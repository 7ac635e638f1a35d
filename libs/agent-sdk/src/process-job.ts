/**
 * One execution of one job by an agent.
 *
 * J1  Input and output are validated; an unknown contract or agent is put off (a newer peer may know it), a violated
 *     known one is final.
 * J2  The answer is sent before the job completes, again and again while Redis does not take it; if it cannot be sent until
 *     the job is stopped, the job fails and BullMQ runs it again.
 * J3  On a final failure the reply goes first, the job fails after it.
 * J4  A deadline and a lost lock are not answered: the orchestrator's clock, or the worker that has the job now, decides.
 * J5  Only codes are thrown on (see `JobFailure`).
 * J6  A stop takes effect when the tool calls that may not be interrupted have ended.
 * J7  The start is told while the agent is at work, before anything else that it says, and not waited for; an agent whose
 *     start cannot be told is stopped. A quick one tells it with its last word, unless what it does can be undone.
 */
import {
  contractById,
  ContractError,
  parseContract,
  parseJobId,
  StepJob,
  TerminalError,
  type ReplyKind,
  type StepReplyBodies,
} from '@flotilla/contracts'
import { JobFailure, type WorkerJob } from '@flotilla/queues'
import { attribute, failSpan, metrics, spanName, withSpan, type Logger } from '@flotilla/telemetry'
import type { Vault } from '@flotilla/vault'
import { SpanKind, type Span } from '@opentelemetry/api'
import { spanAttributes } from './agent-span.js'
import type { Agent } from './define-agent.js'
import { failureOf } from './failure-of.js'
import { openBody, validInput, validOutput } from './job-data.js'
import { makeJobSignal } from './job-signal.js'
import { makeContext } from './make-context.js'
import { makeReplySender, type ReplyTools } from './reply-sender.js'
import { tellStart } from './tell-start.js'
import { AskHuman, StopError, untilAborted, type StopCode } from './stop-error.js'

/** What a process gives to every job. */
export interface ProcessTools extends Omit<ReplyTools, 'payloads'> {
  readonly agents: ReadonlyMap<string, Agent>
  readonly vault: Pick<Vault, 'payloads' | 'effects' | 'facts' | 'checkpoints'>
  readonly log: Logger
  readonly queue: string
  /** Aborts of jobs at work, by job id, for cancellation. */
  readonly running: Map<string, AbortController>
  readonly shutdown: AbortSignal
  readonly startsMax: number
  readonly keepStacks: boolean
  /** Longest time of a tool call that names none. */
  readonly toolTimeoutMs?: number
}

const putOffFirstMs = 15_000

/** Null when this build knows everything that the job needs; else the code of what it does not know. */
const unknownOf = (tools: ProcessTools, job: StepJob): string | null =>
  !tools.agents.has(job.agent)
    ? 'AGENT_UNKNOWN'
    : job.inputContract !== null && !contractById(job.inputContract)
      ? 'CONTRACT_UNKNOWN'
      : null

/** Longer than the closing worker still looks for jobs. */
const giveBackMs = 1_000

/** What a stop that is not ours to answer means for the job. */
const unanswered = (code: Exclude<StopCode, 'CANCELLED'>): JobFailure =>
  ({
    SHUTDOWN: new JobFailure(code, 'later', giveBackMs),
    LOCK_LOST: new JobFailure(code, 'retry'),
    REPLY_NOT_SENT: new JobFailure(code, 'retry'),
    DEADLINE_PASSED: new JobFailure(code, 'terminal'),
  })[code]

type Send = <K extends ReplyKind>(kind: K, body: StepReplyBodies[K]) => Promise<void>

/** Answers a failure as far as it is ours to answer, and gives what BullMQ shall see. */
const settleFailure = async (
  error: unknown,
  from: {
    tools: ProcessTools
    work: WorkerJob
    lastWord: Send
    usage: () => ReturnType<ReturnType<typeof makeContext>['usage']>
  },
): Promise<JobFailure> => {
  const { tools, work, lastWord, usage } = from
  if (error instanceof JobFailure) return error
  if (error instanceof StopError && error.code !== 'CANCELLED') return unanswered(error.code) // J4
  const failure =
    error instanceof StopError ? { ...failureOf(new TerminalError(error.code)), stack: null } : failureOf(error)
  const { code, message, fate } = failure
  try {
    if (fate === 'terminal' || work.last) {
      const stack = tools.keepStacks ? failure.stack : null
      await lastWord('failed', { code, message, stack, attempts: work.attempt, usage: usage() }) // J3
      return new JobFailure(code, 'terminal')
    }
    const afterMs = work.nextDelayMs(failure.afterMs)
    await lastWord('retrying', { code, message, afterMs })
    return new JobFailure(code, 'retry', afterMs)
  } catch (unsent) {
    return unsent instanceof JobFailure ? unsent : new JobFailure('REPLY_NOT_SENT') // J2
  }
}

const execute = async (
  tools: ProcessTools,
  work: WorkerJob,
  job: StepJob,
  lock: AbortSignal,
  span: Span,
): Promise<string> => {
  const { signal, stop, end } = makeJobSignal(tools, { jobId: work.id, deadlineMs: job.deadlineMs, lock })
  const telling = { attempt: work.attempt, signal }
  const send = makeReplySender({ ...tools, payloads: tools.vault.payloads }, job, telling)
  const start = tellStart(() => send('started', null), {
    atOnce: job.undoable ?? false,
    onUntold: () => stop('REPLY_NOT_SENT'), // J7
  })
  const lastWord: Send = (kind, body) => send(kind, body, start.end())
  const watch = untilAborted(signal)
  let usage: () => ReturnType<ReturnType<typeof makeContext>['usage']> = () => null
  try {
    const unknown = unknownOf(tools, job)
    if (unknown !== null) {
      // Starts are bounded; the last one answers.
      if (work.attempt >= tools.startsMax) throw new TerminalError(unknown)
      throw new JobFailure(unknown, 'later', putOffFirstMs * 2 ** (work.attempt - 1)) // J1
    }
    // Known by the check above.
    const agent = tools.agents.get(job.agent) as Agent
    const body = await openBody(tools, job)
    const input = validInput(agent, job, body.input)
    start.begin()
    let log: Logger | undefined
    const services = {
      ...tools.vault,
      hash: tools.sealer.hash,
      reply: ((kind, told) => {
        start.tell()
        return send(kind, told)
      }) satisfies Send,
      // Most agents log nothing, and a logger of their own costs as much as validating their input.
      get log() {
        log ??= tools.log.child({ run_id: job.runId, step: job.step, agent: job.agent })
        return log
      },
      ...(tools.toolTimeoutMs === undefined ? {} : { tools: { timeoutMs: tools.toolTimeoutMs } }),
    }
    const made = makeContext(services, { job, body, attempt: work.attempt, signal, span })
    usage = made.usage
    signal.throwIfAborted()
    const output = await Promise.race([
      Promise.resolve(agent.run(input, made.context)),
      watch.aborted.catch(async (stopped: unknown) => {
        await made.uninterrupted() // J6
        throw stopped
      }),
    ])
    await lastWord('succeeded', { output: validOutput(agent, job, output), usage: usage() }) // J2
    await start.told()
    return 'done'
  } catch (error) {
    if (error instanceof AskHuman) {
      await lastWord('asked', { payload: error.payload, deadlineMs: error.deadlineMs })
      return 'asked'
    }
    const failure = await settleFailure(error, { tools, work, lastWord, usage })
    failSpan(span, failure)
    tools.log.warn(
      { run_id: job.runId, step: job.step, code: failure.code, fate: failure.fate, err: error },
      'attempt failed',
    )
    throw failure
  } finally {
    start.end()
    watch.stop()
    end()
  }
}

/** A broken envelope: answered by its job id where that can be read, and final. */
const refuse = async (tools: ProcessTools, work: WorkerJob, error: unknown): Promise<never> => {
  const key = parseJobId(work.id)
  const { code, message } = failureOf(error)
  if (key) {
    const replying = { ...key, tenantId: '', outputContract: null }
    const send = makeReplySender({ ...tools, payloads: tools.vault.payloads }, replying, { attempt: work.attempt })
    await send('failed', { code, message, stack: null, attempts: work.attempt, usage: null })
  }
  throw new JobFailure(code, 'terminal')
}

/** Makes the processor of one queue. */
export const makeProcessJob =
  (tools: ProcessTools) =>
  async (work: WorkerJob, lock: AbortSignal): Promise<void> => {
    let job: StepJob
    try {
      job = parseContract(StepJob, work.data)
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      return refuse(tools, work, error)
    }
    const startedAt = performance.now()
    const start = {
      kind: SpanKind.CONSUMER,
      attributes: spanAttributes(tools.queue, job, work.id, work.attempt),
      parent: job.traceparent,
    }
    let outcome = 'failed'
    try {
      await withSpan(spanName.invokeAgent(job.agent), start, async (span) => {
        try {
          outcome = await execute(tools, work, job, lock, span)
        } finally {
          span.setAttribute(attribute.aliasLatencyMs, Math.round(performance.now() - startedAt))
        }
      })
    } finally {
      metrics.agentSeconds.observe({ agent: job.agent, outcome }, (performance.now() - startedAt) / 1e3)
    }
  }
