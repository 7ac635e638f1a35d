import type { ClaimedPosition, KnownState } from '@flotilla/store'
import type { RunState } from '@flotilla/engine'

/** A run as a committed tick left it. */
export interface SavedState {
  readonly runId: string
  readonly position: number
  readonly state: RunState
  /** Of what was sealed of it; null: nothing is known. */
  readonly sealed: { readonly isPlain: boolean; readonly longest: number } | null
}

/**
 * States of runs that this process saved itself, so that the next tick need not read, open and parse them: the row of a run
 * that is locked and still at the same position holds the same.
 *
 * N1  Only what was committed is kept.
 * N2  Only what Postgres keeps as it is: its jsonb takes other text for some escapes, and whoever reads the row gets that.
 * N3  Of runs that go on, and bounded in number and in size.
 * N4  All is forgotten with a connection that breaks and a tick that fails: a server that comes after may know less than the one
 *     before, and come to the same position in another way.
 */
export interface KnownStates {
  /** The states of those that are known at the position that they were claimed at. */
  readonly of: (claimed: readonly ClaimedPosition[]) => ReadonlyMap<string, KnownState>
  readonly learn: (saved: readonly SavedState[]) => void
  readonly forget: () => void
}

/** Keeps states of at most `runsMax` runs, and none whose longest text is above `lengthMax` characters. */
export const makeKnownStates = ({ runsMax = 1_000, lengthMax = 16_384 } = {}): KnownStates => {
  const known = new Map<string, KnownState>()
  return {
    of: (claimed) => {
      const found = new Map<string, KnownState>()
      for (const { runId, position } of claimed) {
        const kept = known.get(runId)
        if (kept?.position === position) found.set(runId, kept)
      }
      return found
    },
    learn: (saved) => {
      for (const { runId, position, state, sealed } of saved) {
        known.delete(runId)
        if (state.finishedAt !== null || !sealed?.isPlain || sealed.longest > lengthMax) continue
        const oldest = known.size >= runsMax ? known.keys().next().value : undefined
        if (oldest !== undefined) known.delete(oldest)
        known.set(runId, { position, state })
      }
    },
    forget: () => known.clear(),
  }
}
