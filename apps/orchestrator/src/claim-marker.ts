import { CodedError } from '@flotilla/contracts'
import { clearClaim, holdName, markClaim, type HeldName, type StoreOptions } from '@flotilla/store'

/** The orchestrator's own row in the claim table, on a session that holds its name. */
export interface ClaimMarker {
  readonly mark: (runs: readonly { readonly runId: string; readonly position: number }[]) => Promise<void>
  /** Nothing is in hand any more. Never rejects: a marker that stays names runs that have moved on. */
  readonly clear: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the session on first use and again when it was lost; `mark` rejects while Postgres is away. */
export const makeClaimMarker = (
  options: Omit<StoreOptions, 'max' | 'onError' | 'sealing'>,
  orchestrator: string,
): ClaimMarker => {
  let held: HeldName | null = null
  let marked = false
  const open = async (): Promise<HeldName> => {
    if (held) return held
    const opened = await holdName(options, orchestrator)
    // After a lost session the server may hold it for a moment longer; the tick backs off and comes back.
    if (opened === null) throw new CodedError('ORCHESTRATOR_NAME_TAKEN', `another session holds ${orchestrator}`)
    held = opened
    void opened.lost.then(() => {
      if (held === opened) held = null
    })
    return opened
  }
  return {
    mark: async (runs) => {
      const { client } = await open()
      marked = true
      await markClaim(client, orchestrator, runs)
    },
    clear: async () => {
      if (!marked || !held) return
      marked = false
      await clearClaim(held.client, orchestrator).catch(() => undefined)
    },
    close: async () => {
      const last = held
      held = null
      if (last) {
        await clearClaim(last.client, orchestrator).catch(() => undefined)
        await last.release()
      }
    },
  }
}
