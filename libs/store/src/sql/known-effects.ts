import type { Tx } from '../open-store.js'
import { rowsOf } from './statement.js'

const effects = { name: 'known-effects', text: 'select step, visit, status from known_effects($1)' }

/** Which effects the agents of a run have recorded, in the transaction of `asTenant`; `intent`: outcome unknown. */
export const listKnownEffects = (
  tx: Tx,
  runId: string,
): Promise<{ readonly step: string; readonly visit: number; readonly status: string }[]> => rowsOf(tx, effects, [runId])

const usage = {
  name: 'usage-since',
  text: `
select step, model, tokens from (
  select event ->> 'step' as step, event -> 'usage' ->> 'model' as model, position,
    (event -> 'usage' ->> 'inputTokens')::integer + (event -> 'usage' ->> 'outputTokens')::integer as tokens,
    row_number() over (partition by event ->> 'step' order by position desc) as from_last
  from history
  where run_id = $1 and position > coalesce($2, 0) and ignored is null
    and event ->> 'type' in ('StepSucceeded', 'StepFailed') and jsonb_typeof(event -> 'usage') = 'object'
) u where $2::integer is not null or from_last = 1 order by position`,
}

/** What the steps of a run used after a position in its history; null: what each of them used last. */
export const listUsageSince = (
  tx: Tx,
  runId: string,
  position: number | null,
): Promise<{ readonly step: string; readonly model: string | null; readonly tokens: number }[]> =>
  rowsOf(tx, usage, [runId, position])
