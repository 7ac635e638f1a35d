/** Subscribers to news of runs: one subscription in Redis, told on to the streams that it concerns. */
export interface Hints {
  readonly tell: (runIds: readonly string[]) => void
  /** `runId` null: any run. Returns how to unsubscribe. */
  readonly subscribe: (runId: string | null, onHint: () => void) => () => void
}

/** Makes an exchange without subscribers. */
export const makeHints = (): Hints => {
  const byRun = new Map<string | null, Set<() => void>>()
  return {
    tell: (runIds) => {
      for (const runId of runIds) for (const onHint of byRun.get(runId) ?? []) onHint()
      for (const onHint of byRun.get(null) ?? []) onHint()
    },
    subscribe: (runId, onHint) => {
      const those = byRun.get(runId) ?? new Set()
      byRun.set(runId, those.add(onHint))
      return () => {
        those.delete(onHint)
        if (those.size === 0 && byRun.get(runId) === those) byRun.delete(runId)
      }
    },
  }
}
