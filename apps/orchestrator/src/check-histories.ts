import {
  inTransaction,
  listReplayable,
  openStore,
  readDefinitionsByHash,
  type Store,
  type StoreOptions,
  type Tx,
} from '@flotilla/store'
import { makeDefinitions } from './definitions.js'
import { replayHistory, type Replayed } from './replay-history.js'
import { restoreCheckpoint } from './restore-checkpoint.js'

/** What came of one run: replayed, or why it could not be. */
export type Checked =
  | ({ readonly outcome: 'same' | 'different' } & Replayed)
  | { readonly outcome: 'unreadable'; readonly runId: string; readonly code: string }
  | { readonly outcome: 'unknown'; readonly runId: string }

const pageSize = 200

const ids = async function* (store: Store, given: readonly string[] | null): AsyncGenerator<string> {
  if (given !== null) return yield* given
  let after: string | null = null
  for (;;) {
    const page: readonly { runId: string }[] = await listReplayable(store.pool, { after, limit: pageSize })
    for (const { runId } of page) yield runId
    after = page.at(-1)?.runId ?? null
    if (page.length < pageSize) return
  }
}

/** State and history must be of one moment: runs go on meanwhile. */
const atOnce = <T>(store: Store, work: (tx: Tx) => Promise<T>): Promise<T> =>
  inTransaction(store.pool, async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only')
    return work(tx)
  })

const codeOf = (error: unknown): string =>
  error instanceof Error && /^[A-Z_]+$/.test(error.message) ? error.message : ''

/**
 * Replays stored histories with the engine of this build, one run after the other, and tells of each: all runs with a
 * history, or those of `runIds`. Writes nothing. `unreadable`: a definition or a key is gone, a history without its items.
 */
export const checkHistories = async (
  options: Pick<StoreOptions, 'url' | 'sealing'>,
  { runIds, onChecked }: { readonly runIds: readonly string[] | null; readonly onChecked: (checked: Checked) => void },
): Promise<void> => {
  const store = openStore({ ...options, max: 2, applicationName: 'replay' })
  const definitions = makeDefinitions(async (hash) => (await readDefinitionsByHash(store.pool, [hash])).get(hash))
  try {
    for await (const runId of ids(store, runIds)) {
      try {
        const replayed = await atOnce(store, (tx) =>
          replayHistory(tx, runId, { definitions, restore: restoreCheckpoint }),
        )
        if (replayed === null) onChecked({ outcome: 'unknown', runId })
        else onChecked({ outcome: replayed.divergence === null ? 'same' : 'different', ...replayed })
      } catch (error) {
        const code = codeOf(error)
        if (code === '') throw error
        onChecked({ outcome: 'unreadable', runId, code })
      }
    }
  } finally {
    await store.close()
  }
}
