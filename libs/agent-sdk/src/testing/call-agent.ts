import { contractId, parseContract, type ReplyUsage, type StepJob, type StepReplyBodies } from '@flotilla/contracts'
import { makeLogger } from '@flotilla/telemetry'
import { INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api'
import type { JsonObject } from '../agent-context.js'
import type { Agent } from '../define-agent.js'
import { makeContext } from '../make-context.js'
import { AskHuman, untilAborted } from '../stop-error.js'
import { aWorld, testTenant, type KnownFact, type World } from './world.js'

/** What a unit test may set about a call. */
export interface CallOverrides {
  readonly step?: string
  readonly visit?: number
  readonly dispatch?: number
  readonly attempt?: number
  readonly decision?: JsonObject | null
  readonly snapshot?: JsonObject | null
  readonly signal?: AbortSignal
  /** Facts of earlier applications; ignored where a world is given. */
  readonly facts?: readonly KnownFact[]
  /** Shared between calls, it plays another attempt or dispatch. */
  readonly world?: World
}

/** What an agent did and answered. */
export interface AgentCall<O> {
  /** Validated; null when the agent asked a person. */
  readonly output: O | null
  readonly tools: readonly string[]
  /** Effects that were carried out, not replayed ones. */
  readonly effects: readonly { readonly name: string; readonly key: string; readonly idempotencyKey: string }[]
  readonly progress: readonly { readonly fraction: number | null; readonly message: string }[]
  readonly emitted: readonly { readonly type: string; readonly message: string; readonly payload: unknown }[]
  readonly checkpoints: readonly { readonly id: string; readonly label: string; readonly data: unknown }[]
  readonly asked: { readonly payload: JsonObject; readonly deadlineMs: number | null } | null
  readonly usage: ReplyUsage | null
}

const runId = '01890000-0000-7000-8000-000000000001'

const jobFor = (agent: Agent, { step = agent.name, visit = 1, dispatch = 1 }: CallOverrides): StepJob => ({
  v: 1,
  runId,
  rootRunId: runId,
  tenantId: testTenant,
  workflow: 'test',
  workflowVersion: 1,
  step,
  visit,
  dispatch,
  agent: agent.name,
  inputContract: contractId(agent.input),
  outputContract: contractId(agent.output),
  deadlineMs: 60_000,
  attemptsMax: 3,
  sealed: null,
  ref: null,
  hash: 'test',
  traceparent: '00-00000000000000000000000000000001-0000000000000001-00',
  tracestate: null,
})

/** Frozen throughout: an agent that changes its input fails here rather than in the second attempt of a real run. */
const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}

/**
 * Calls an agent as the SDK does, in memory: input and output are validated against its contracts, effects, facts and
 * checkpoints live in a world. Errors of the agent are thrown on.
 */
export const callAgent = async <I extends object, O extends object>(
  agent: Agent<I, O>,
  input: unknown,
  overrides: CallOverrides = {},
): Promise<AgentCall<O>> => {
  const world = overrides.world ?? aWorld(overrides.facts)
  const told: { kind: string; body: unknown }[] = []
  const tools: string[] = []
  const effects: { name: string; key: string; idempotencyKey: string }[] = []
  const { signal = new AbortController().signal, attempt = 1, decision = null, snapshot = null } = overrides
  const parsed = freeze(parseContract(agent.input, input, { pointer: '/input' }))
  const { context, usage, uninterrupted } = makeContext(
    {
      ...world,
      reply: (kind, body) => {
        told.push({ kind, body })
        return Promise.resolve()
      },
      log: makeLogger(agent.name, { write: () => undefined }),
    },
    {
      // Its types do not matter to the envelope.
      job: jobFor(agent as unknown as Agent, overrides),
      body: { input: parsed, decision, snapshot },
      attempt,
      signal,
      span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
    },
  )
  const observed = {
    ...context,
    tool: (name: string, ...rest: [never, never]) => {
      tools.push(name)
      return context.tool(name, ...rest)
    },
    effect: (name: string, key: string, fn: Parameters<typeof context.effect>[2], options: never) =>
      context.effect(
        name,
        key,
        (call) => {
          effects.push({ name, key, idempotencyKey: call.idempotencyKey })
          return fn(call)
        },
        options,
      ),
  } as typeof context // the two wrappers pass every argument on
  const watch = untilAborted(signal)
  let output: O | null = null
  let asked: AgentCall<O>['asked'] = null
  try {
    const stopped = watch.aborted.catch(async (reason: unknown) => {
      await uninterrupted()
      throw reason
    })
    const given = await Promise.race([Promise.resolve(agent.run(parsed, observed)), stopped])
    output = parseContract(agent.output, JSON.parse(JSON.stringify(given ?? null)), { pointer: '/output' })
  } catch (error) {
    if (!(error instanceof AskHuman)) throw error
    asked = { payload: error.payload, deadlineMs: error.deadlineMs }
  } finally {
    watch.stop()
  }
  // Told by makeContext, whose types tie kind to body.
  const progressed = told
    .filter(({ kind }) => kind === 'progressed')
    .map(({ body }) => body as StepReplyBodies['progressed'])
  return {
    output,
    tools,
    effects,
    progress: progressed
      .filter(({ emitted }) => emitted === null)
      .map(({ fraction, message }) => ({ fraction, message })),
    emitted: progressed.flatMap(({ emitted, message, payload }) =>
      emitted === null ? [] : [{ type: emitted, message, payload }],
    ),
    checkpoints: told
      .filter(({ kind }) => kind === 'checkpointed')
      .map(({ body }) => body as StepReplyBodies['checkpointed']),
    asked,
    usage: usage(),
  }
}
