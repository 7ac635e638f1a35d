/** Tells of the start of one execution. */
export interface StartTelling {
  /** The agent begins now. */
  readonly begin: () => void
  /** Tells of the start now, unless that is done, or the agent has not begun or has said its last word. */
  readonly tell: () => void
  /** The last word is said: gives for how many ms the agent ran if its start was not told, and it never will be; else undefined. */
  readonly end: () => number | undefined
  /** Resolves when what was told of the start has arrived; rejects if it cannot. */
  readonly told: () => Promise<void>
}

/** An agent that answers sooner is said to have begun by its answer: one message and one event instead of two. */
const afterMs = 10

/** Tells of a start with `send`, after some ms or `atOnce`. `onUntold`: it could not be told. */
export const tellStart = (
  send: () => Promise<void>,
  { atOnce, onUntold }: { readonly atOnce: boolean; readonly onUntold: () => void },
): StartTelling => {
  let begunAt: number | null = null
  let timer: NodeJS.Timeout | undefined
  let sent: Promise<void> | undefined
  let ended = false
  const tell = (): void => {
    if (begunAt === null || ended || sent) return
    clearTimeout(timer)
    sent = send()
    sent.catch(onUntold)
  }
  return {
    begin: () => {
      begunAt = performance.now()
      if (atOnce) tell()
      else timer = setTimeout(tell, afterMs)
    },
    tell,
    end: () => {
      clearTimeout(timer)
      if (ended || sent || begunAt === null) return undefined
      ended = true
      return Math.round(performance.now() - begunAt)
    },
    told: () => sent ?? Promise.resolve(),
  }
}
