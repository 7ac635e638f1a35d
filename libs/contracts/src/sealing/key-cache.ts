/** What a process remembers of runs' keys: bounded in number, and in time, so that an erased key is forgotten. */
export interface KeyCache<Entry> {
  readonly get: (runId: string) => Entry | undefined
  readonly set: (runId: string, entry: Entry) => void
  readonly delete: (runId: string) => void
}

/** Keeps at most `max` entries, the oldest going first, each for at most `maxAgeMs`. `nowMs`: a clock that only rises. */
export const makeKeyCache = <Entry>({
  max = 20_000,
  maxAgeMs = 300_000,
  nowMs = () => performance.now(),
}: {
  readonly max?: number
  readonly maxAgeMs?: number
  readonly nowMs?: () => number
} = {}): KeyCache<Entry> => {
  const entries = new Map<string, { readonly entry: Entry; readonly until: number }>()
  return {
    get: (runId) => {
      const found = entries.get(runId)
      if (found === undefined) return undefined
      if (found.until > nowMs()) return found.entry
      entries.delete(runId)
      return undefined
    },
    set: (runId, entry) => {
      entries.delete(runId)
      const oldest = entries.size >= max ? entries.keys().next().value : undefined
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(runId, { entry, until: nowMs() + maxAgeMs })
    },
    delete: (runId) => void entries.delete(runId),
  }
}
