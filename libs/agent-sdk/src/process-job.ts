/**
 * One execution of one job by an agent.
 *
 * J1  Input and output are validated; an unknown contract or agent is put off (a newer peer may know it), a violated
 *     known one is final.
 * J2  The answer is sent before the job completes; if it cannot be sent, the job fails and BullMQ runs it again.
 * J3  On a final failure the reply goes first, the job fails after it.
 * J4  A deadline and a lost lock are not answered: the orchestrator's clock, or the worker that has the job now, decides.
 * J5  Only codes are thrown on (see `JobFailure`).
 */
import {
  contractById,
  ContractError,
  parseContract,
  parseJobId,
  StepJob,
  TerminalError,
  type StepJobBody,
} from '@flotilla/contracts'
import { JobFailure, type WorkerJob } from '@flotilla/queues'
import { attribute, failSpan, metrics, spanName, withSpan, type Logger } from '@flotilla/telemetry'
import type { Vault } from '@flotilla/vault'
import { SpanKind, type Span } from '@opentelemetry/api'
import type { Agent } from './define-agent.js'
import { failureOf } from './failure-of.js'
import { makeContext } from './make-context.js'
import { makeReplySender, type ReplyTools } from './reply-sender.js'
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
}

const putOffFirstMs = 15_000

/** Null when this build knows everything that the job needs; else the code of what it does not know. */
const unknownOf = (tools: ProcessTools, job: StepJob): string | null =>
  !tools.agents.has(job.agent)
    ? 'AGENT_UNKNOWN'
    : job.inputContract !== null && !contractById(job.inputContract)
      ? 'CONTRACT_UNKNOWN'
      : null

const openBody = async ({ sealer, vault }: ProcessTools, job: StepJob): Promise<StepJobBody> => {
  const { runId, step, dispatch, inputContract } = job
  const sealed =
    job.sealed === null
      ? null
      : // Sealed by the relay from a `StepJobBody`; the input is validated below.
        (sealer.open(job.sealed, { runId, step, dispatch, contract: inputContract, direction: 'job' }) as StepJobBody)
  const body = { decision: null, input: null, ...sealed }
  if (job.ref === null) return body
  const input = await vault.payloads.readInput(runId, step, dispatch)
  if (input === null) throw new TerminalError('INPUT_GONE')
  return { ...body, input }
}

const validInput = (agent: Agent, job: StepJob, input: unknown): object => {
  const type = job.inputContract === null ? undefined : contractById(job.inputContract)
  if (type && type !== agent.input) parseContract(type, input, { pointer: '/input' })
  return parseContract(agent.input, input, { pointer: '/input' })
}

const validOutput = (agent: Agent, job: StepJob, output: unknown): unknown => {
  const plain: unknown = JSON.parse(JSON.stringify(output ?? null))
  const type = job.outputContract === null ? undefined : contractById(job.outputContract)
  if (type && type !== agent.output) parseContract(type, plain, { pointer: '/output' })
  return parseContract(agent.output, plain, { pointer: '/output' })
}

const spanAttributes = (queue: string, job: StepJob, jobId: string, attempt: number) => ({
  [attribute.genAiOperation]: 'invoke_agent',
  [attribute.genAiAgent]: job.agent,
  [attribute.aliasAgent]: job.agent,
  [attribute.genAiWorkflow]: job.workflow,
  [attribute.genAiConversation]: job.runId,
  [attribute.workflowName]: job.workflow,
  [attribute.workflowVersion]: job.workflowVersion,
  [attribute.workflowRun]: job.runId,
  [attribute.workflowStep]: job.step,
  [attribute.workflowIteration]: job.visit,
  [attribute.workflowDispatch]: job.dispatch,
  [attribute.workflowAttempt]: attempt,
  [attribute.messagingSystem]: 'bullmq',
  [attribute.messagingOperation]: 'process',
  [attribute.messagingOperationType]: 'process',
  [attribute.messagingDestination]: queue,
  [attribute.messagingMessageId]: jobId,
  [attribute.messagingConversation]: job.runId,
})

/** The signal of one execution: cancellation, deadline, lost lock, shutdown, whichever is first. */
const makeSignal = (tools: ProcessTools, jobId: string, deadlineMs: number, lock: AbortSignal) => {
  const own = new AbortController()
  const lockLost = (): void => own.abort(new StopError('LOCK_LOST'))
  const shutdown = (): void => own.abort(new StopError('SHUTDOWN'))
  lock.addEventListener('abort', lockLost, { once: true })
  tools.shutdown.addEventListener('abort', shutdown, { once: true })
  const longestTimerMs = 2 ** 31 - 1
  const timer = setTimeout(() => own.abort(new StopError('DEADLINE_PASSED')), Math.min(deadlineMs, longestTimerMs))
  tools.running.set(jobId, own)
  if (lock.aborted) lockLost()
  if (tools.shutdown.aborted) shutdown()
  const end = (): void => {
    clearTimeout(timer)
    lock.removeEventListener('abort', lockLost)
    tools.shutdown.removeEventListener('abort', shutdown)
    if (tools.running.get(jobId) === own) tools.running.delete(jobId)
  }
  return { signal: own.signal, end }
}

/** Longer than the closing worker still looks for jobs. */
const giveBackMs = 1_000

/** What a stop that is not ours to answer means for the job. */
const unanswered = (code: Exclude<StopCode, 'CANCELLED'>): JobFailure =>
  ({
    SHUTDOWN: new JobFailure(code, 'later', giveBackMs),
    LOCK_LOST: new JobFailure(code, 'retry'),
    DEADLINE_PASSED: new JobFailure(code, 'terminal'),
  })[code]

type Send = ReturnType<typeof makeReplySender>

/** Answers a failure as far as it is ours to answer, and gives what BullMQ shall see. */
const settleFailure = async (
  error: unknown,
  from: {
    tools: ProcessTools
    work: WorkerJob
    send: Send
    usage: () => ReturnType<ReturnType<typeof makeContext>['usage']>
  },
): Promise<JobFailure> => {
  const { tools, work, send, usage } = from
  if (error instanceof JobFailure) return error
  if (error instanceof StopError && error.code !== 'CANCELLED') return unanswered(error.code) // J4
  const failure =
    error instanceof StopError ? { ...failureOf(new TerminalError(error.code)), stack: null } : failureOf(error)
  const { code, message, fate } = failure
  try {
    if (fate === 'terminal' || work.last) {
      const stack = tools.keepStacks ? failure.stack : null
      await send('failed', { code, message, stack, attempts: work.attempt, usage: usage() }) // J3
      return new JobFailure(code, 'terminal')
    }
    const afterMs = work.nextDelayMs(failure.afterMs)
    await send('retrying', { code, message, afterMs })
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
  const send = makeReplySender({ ...tools, payloads: tools.vault.payloads }, job, work.attempt)
  const { signal, end } = makeSignal(tools, work.id, job.deadlineMs, lock)
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
    await send('started', null)
    const services = {
      ...tools.vault,
      hash: tools.sealer.hash,
      reply: send,
      log: tools.log.child({ run_id: job.runId, step: job.step, agent: job.agent }),
    }
    const made = makeContext(services, { job, body, attempt: work.attempt, signal, span })
    usage = made.usage
    signal.throwIfAborted()
    const output = await Promise.race([Promise.resolve(agent.run(input, made.context)), watch.aborted])
    await send('succeeded', { output: validOutput(agent, job, output), usage: usage() }) // J2
    return 'done'
  } catch (error) {
    if (error instanceof AskHuman) {
      await send('asked', { payload: error.payload, deadlineMs: error.deadlineMs })
      return 'asked'
    }
    const failure = await settleFailure(error, { tools, work, send, usage })
    failSpan(span, failure)
    tools.log.warn(
      { run_id: job.runId, step: job.step, code: failure.code, fate: failure.fate, err: error },
      'attempt failed',
    )
    throw failure
  } finally {
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
    const send = makeReplySender({ ...tools, payloads: tools.vault.payloads }, replying, work.attempt)
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
