/** Why an agent was told to stop. */
export type StopCode = 'CANCELLED' | 'DEADLINE_PASSED' | 'LOCK_LOST' | 'REPLY_NOT_SENT' | 'SHUTDOWN'

/** The reason of an aborted `context.signal`. */
export class StopError extends Error {
  override readonly name = 'StopError'
  constructor(readonly code: StopCode) {
    super(code)
  }
}

/** Ends a dispatch to ask a person; never leaves the SDK. */
export class AskHuman extends Error {
  override readonly name = 'AskHuman'
  constructor(
    readonly payload: Readonly<Record<string, unknown>>,
    readonly deadlineMs: number | null,
  ) {
    super('ASK_HUMAN')
  }
}

/** Rejects when `signal` is aborted, with its reason; `stop` ends the watch. */
export const untilAborted = (signal: AbortSignal): { readonly aborted: Promise<never>; readonly stop: () => void } => {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new StopError('CANCELLED'))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    stop = () => signal.removeEventListener('abort', onAbort)
  })
  // The watch may end unobserved.
  aborted.catch(() => undefined)
  return { aborted, stop: () => stop() }
}
