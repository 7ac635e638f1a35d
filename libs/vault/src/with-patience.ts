import { setTimeout as sleep } from 'node:timers/promises'
import { isPostgresAway } from '@flotilla/contracts'

const pauseFirstMs = 100
const pauseMaxMs = 2_000

type Operations = Readonly<Record<string, (...values: never[]) => Promise<unknown>>>

const patiently = async <T>(run: () => Promise<T>, patienceMs: number): Promise<T> => {
  const until = Date.now() + patienceMs
  for (let pauseMs = pauseFirstMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    try {
      return await run()
    } catch (error) {
      if (!isPostgresAway(error) || Date.now() + pauseMs > until) throw error
      await sleep(pauseMs)
    }
  }
}

/**
 * Repeats operations while Postgres is away, for at most `patienceMs` each: an outage of ours costs an agent no attempt. They
 * must bear being carried out twice: one whose answer was lost is repeated too.
 */
export const withPatience = <T extends object>(operations: T, patienceMs: number): T =>
  Object.fromEntries(
    Object.entries(operations as unknown as Operations).map(([name, run]) => [
      name,
      (...values: never[]) => patiently(() => run(...values), patienceMs),
    ]),
  ) as T // the same operations under the same names
