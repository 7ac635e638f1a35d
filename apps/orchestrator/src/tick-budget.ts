/**
 * How much one tick may take on, so that ticks stay short when there is more to do than can be done.
 *
 * B1 A tick is meant to last `targetMs`: what a run cost lately says how many fit.
 * B2 Runs that are going come first; what is left of the budget begins new ones. Beginning more than can be carried on would
 *    only let every run wait longer at each of its steps, those of other tenants and urgent ones too.
 * B3 A few begin with every tick all the same: the tenants take turns in them, so that a flood keeps nobody out.
 */
export interface TickBudget {
  /** Runs that may begin beside so many that have replies. */
  readonly admissions: (going: number) => number
  /** Replies to take into one tick. */
  readonly replies: () => number
  /** What a tick of so many runs took. */
  readonly spent: (runs: number, ms: number) => void
}

interface BudgetLimits {
  readonly targetMs: number
  /** Upper bounds, whatever a run costs. */
  readonly admissionsMax: number
  readonly repliesMax: number
}

const admissionsLeast = 2
const repliesLeast = 8
/** Weight of the newest tick. */
const weight = 0.2
/** What a run is thought to cost before anything was measured. */
const firstGuessMs = 1

/** Makes the budget of one orchestrator. */
export const makeTickBudget = ({ targetMs, admissionsMax, repliesMax }: BudgetLimits): TickBudget => {
  let perRunMs = firstGuessMs
  const runs = () => targetMs / perRunMs
  const within = (count: number, least: number, most: number) =>
    Math.min(most, Math.max(Math.min(least, most), Math.floor(count)))
  return {
    admissions: (going) => within(runs() - going, admissionsLeast, admissionsMax),
    replies: () => within(runs(), repliesLeast, repliesMax),
    spent: (count, ms) => {
      if (count > 0) perRunMs += (ms / count - perRunMs) * weight
    },
  }
}
