/** New runs that begin with a tick, however many others it carries on: the tenants take turns in them. */
const least = 2

/**
 * How many runs may begin in a tick beside `going` ones that have news. Beginning more than can be carried on would only let
 * every run wait longer at each of its steps, those of other tenants and urgent ones too: a full tick begins next to none.
 * The bound is a number of runs and no time: ticks that take less on to be quick cost more per run, and end as slow ones.
 */
export const admissionsBeside = (
  going: number,
  { admissionsMax, busyRuns }: { readonly admissionsMax: number; readonly busyRuns: number },
): number => Math.min(admissionsMax, Math.max(least, busyRuns - going))
