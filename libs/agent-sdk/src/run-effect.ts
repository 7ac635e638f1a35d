import { CodedError, RetryableError, TerminalError } from '@flotilla/contracts'
import { metrics, withSpan } from '@flotilla/telemetry'
import type { EffectKey, Effects, EffectStanding } from '@flotilla/vault'
import type { EffectOptions, JsonObject } from './agent-context.js'

/** Whose effects they are. */
export interface EffectOwner {
  readonly agent: string
  /** The run that they belong to. */
  readonly runId: string
  readonly tenantId: string
  readonly step: string
  readonly visit: number
  readonly dispatch: number
  readonly attempt: number
}

/** What effects stand on. */
export interface EffectServices {
  readonly ledger: Effects
  /** Asks a person under an id of its own: ends the dispatch the first time, returns the decision later. */
  readonly ask: (id: string, payload: JsonObject) => Promise<JsonObject>
}

type Call<T> = (call: { readonly idempotencyKey: string; readonly signal: AbortSignal }) => Promise<T>

/** Whether an agent says by its error that nothing happened; any other error leaves that open. */
const saysNo = (error: unknown): boolean =>
  error instanceof RetryableError || error instanceof TerminalError || error instanceof CodedError

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What happened, as a person found out: `values.outcome`, else all of `values`. */
const outcomeOf = ({ values }: JsonObject): unknown =>
  isObject(values) && 'outcome' in values ? values['outcome'] : (values ?? null)

/**
 * Makes `context.effect`: intent, call, outcome; a recorded outcome is returned without a call. Where nobody can know
 * whether an earlier call happened, a person is asked, and nothing is called before they have found out.
 */
export const makeRunEffect =
  ({ ledger, ask }: EffectServices, owner: EffectOwner, signal: AbortSignal) =>
  async <T>(name: string, key: string, fn: Call<T>, options: EffectOptions = {}): Promise<T> => {
    signal.throwIfAborted()
    const { reversible = false, honoursKeys = true, compensate = null } = options
    const { agent, runId, tenantId, step, visit, dispatch, attempt } = owner
    const effectKey: EffectKey = { rootRunId: runId, step, visit, name, key }
    const idempotencyKey = `${runId}/${step}/${visit}/${name}/${key}`
    const count = (outcome: string): void => metrics.effects.inc({ agent, effect: name, outcome })

    const call = async (given: string): Promise<T> => {
      let outcome: T
      try {
        outcome = await fn({ idempotencyKey: given, signal })
      } catch (error) {
        const unknown = !honoursKeys && !saysNo(error)
        count(unknown ? 'unknown' : 'failed')
        // The first error tells more than a ledger that is away.
        await (unknown ? ledger.doubt(effectKey) : ledger.fail(effectKey)).catch(() => undefined)
        throw error
      }
      const kept = await ledger.finish(effectKey, outcome)
      count('done')
      return kept as T // what fn gave, as JSON
    }

    const findOut = async ({ at, ...begun }: Extract<EffectStanding, { status: 'unknown' }>): Promise<T> => {
      const payload = {
        question: 'Did it happen? approve: it did, with its outcome in values; reject: it did not, do it again.',
        effect: name,
        key,
        begunAt: new Date(at).toISOString(),
      }
      // An id for each call that is in doubt: the answer about one says nothing of the next.
      const found = await ask(`effect.${name}.${key}.${begun.dispatch}.${begun.attempt}`, payload)
      if (found['decision'] === 'reject') return call(await ledger.retake(effectKey, { dispatch, attempt }))
      count('found-out')
      return (await ledger.finish(effectKey, outcomeOf(found))) as T // as the agent's readers expect it: a person's word
    }

    return withSpan(`effect ${name}`, { attributes: { 'flotilla.effect': name } }, async (span) => {
      const intent = { ...effectKey, tenantId, reversible, idempotencyKey, dispatch, attempt, honoursKeys, compensate }
      const standing = await ledger.begin(intent)
      span.setAttribute('flotilla.effect.replayed', standing.status === 'done')
      if (standing.status === 'unknown') return findOut(standing)
      if (standing.status === 'open') return call(standing.idempotencyKey)
      count('replayed')
      return standing.outcome as T // recorded by an earlier call of the same effect
    })
  }
