import type { Db } from '../open-store.js'
import { rowsOf } from './statement.js'

const highest = {
  name: 'highest-beat',
  text: `
select greatest(last_beat, (select coalesce(max(beat), 0) from outbox where sent_at is not null)) as beat
from courier where id = 1`,
}

/**
 * The highest beat that the courier or any sent row holds. For the sweep: a row that `loseBeats` left to a tick, which then
 * rolled back, still holds a beat that Redis no longer knows.
 */
export const readHighestBeat = async (db: Db): Promise<number> =>
  (await rowsOf<{ beat: number }>(db, highest))[0]?.beat ?? 0
