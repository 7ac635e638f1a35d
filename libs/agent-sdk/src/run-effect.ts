import { metrics, withSpan } from '@flotilla/telemetry'
import type { Effects } from '@flotilla/vault'
import type { EffectOptions } from './agent-context.js'

/** Whose effects they are. */
export interface EffectOwner {
  readonly agent: string
  readonly rootRunId: string
  readonly tenantId: string
  readonly step: string
  readonly visit: number
  readonly dispatch: number
  readonly attempt: number
}

/** Makes `context.effect`: intent, call, outcome; a recorded outcome is returned without a call. */
export const makeRunEffect =
  (ledger: Effects, owner: EffectOwner, signal: AbortSignal) =>
  async <T>(
    name: string,
    key: string,
    fn: (call: { readonly idempotencyKey: string; readonly signal: AbortSignal }) => Promise<T>,
    { reversible = false }: EffectOptions = {},
  ): Promise<T> => {
    signal.throwIfAborted()
    const { agent, rootRunId, tenantId, step, visit, dispatch, attempt } = owner
    const effectKey = { rootRunId, step, visit, name, key }
    const idempotencyKey = `${rootRunId}/${step}/${visit}/${name}/${key}`
    const count = (outcome: string): void => metrics.effects.inc({ agent, effect: name, outcome })
    return withSpan(`effect ${name}`, { attributes: { 'flotilla.effect': name } }, async (span) => {
      const standing = await ledger.begin({ ...effectKey, tenantId, reversible, idempotencyKey, dispatch, attempt })
      span.setAttribute('flotilla.effect.replayed', standing.status === 'done')
      if (standing.status === 'done') {
        count('replayed')
        return standing.outcome as T // recorded by an earlier call of the same effect
      }
      try {
        const outcome = await fn({ idempotencyKey: standing.idempotencyKey, signal })
        const kept = await ledger.finish(effectKey, outcome)
        count('done')
        return kept as T // what fn gave, as JSON
      } catch (error) {
        count('failed')
        // The first error tells more than a ledger that is away.
        await ledger.fail(effectKey).catch(() => undefined)
        throw error
      }
    })
  }
