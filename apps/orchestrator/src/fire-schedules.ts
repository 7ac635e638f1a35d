import { lastMoment, nextMoment, whyNotCron } from '@flotilla/runtime'
import {
  advanceTriggers,
  claimDueTriggers,
  inTransaction,
  now as clock,
  type DueTrigger,
  type Store,
} from '@flotilla/store'
import type { Definitions } from './definitions.js'
import { NotStarted, startTriggered, type Triggered } from './start-triggered.js'

/**
 * Starts the runs of schedules that are due, by Postgres' clock.
 *
 * F1 A moment starts one run: the run, the firing (unique per moment) and the next moment are one transaction.
 * F2 Moments that passed while nobody looked start one run, for the last of them, or none: never one each.
 */

/** Firing this much late is not yet a missed moment: a turn of the loop, a restart of the orchestrator. Milliseconds. */
export const lateMs = 60_000

/** What to do about a schedule that is due: `moment` null is to start nothing. */
export const planFiring = (
  { spec, nextAt }: Pick<DueTrigger, 'spec' | 'nextAt'>,
  now: Date,
): { readonly moment: Date | null; readonly nextAt: Date | null } => {
  // Registered by an older build with another calendar, or by hand: told by the firing, and not tried again.
  if (whyNotCron(spec, now) !== null) return { moment: nextAt, nextAt: null }
  const last = lastMoment(spec, now)
  // An owner may have set the moment by hand, to one that the cron expression does not have.
  const moment = last > nextAt ? last : nextAt
  const missed = now.getTime() - moment.getTime() > lateMs
  return { moment: missed && spec.missed === 'skip' ? null : moment, nextAt: nextMoment(spec, now) }
}

/** Fires at most `limit` schedules. Gives what went off; `more`: there may be others. */
export const fireSchedules = (
  { store, definitions }: { readonly store: Store; readonly definitions: Definitions },
  limit = 100,
): Promise<{ readonly fired: readonly Triggered[]; readonly more: boolean }> =>
  inTransaction(store.pool, async (tx) => {
    const due = await claimDueTriggers(tx, limit)
    if (due.length === 0) return { fired: [], more: false }
    const now = new Date(await clock(tx))
    const plans = due.map((trigger) => ({ trigger, ...planFiring(trigger, now) }))
    const fired = await startTriggered(
      tx,
      definitions,
      plans.flatMap(({ trigger, moment, nextAt }) =>
        moment === null
          ? []
          : [
              {
                trigger,
                occasion: moment.toISOString(),
                priority: 1 as const,
                chainDepth: 0,
                input: () => {
                  if (nextAt === null) throw new NotStarted('SCHEDULE_INVALID')
                  return trigger.spec.input
                },
              },
            ],
      ),
    )
    await advanceTriggers(
      tx,
      plans.map(({ trigger: { tenant, workflow, name }, nextAt }) => ({ tenant, workflow, name, nextAt })),
    )
    return { fired, more: due.length === limit }
  })
