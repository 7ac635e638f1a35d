/**
 * Lets concurrent submissions share a commit: while a batch is being saved the next one collects; nothing waits for
 * company when nothing is being saved.
 *
 * B1 At most one batch is being saved at a time, of at most `itemsMax`.
 * B2 What is added is answered exactly once, with its own outcome.
 * B3 A batch that fails rejects all its items with the same error; the store repeats bad rows one by one itself.
 */
export interface Batcher<T, R> {
  readonly add: (item: T) => Promise<R>
  /** Resolves when everything added so far is answered. */
  readonly flush: () => Promise<void>
  readonly waiting: () => number
}

export interface BatcherOptions<T, R> {
  /** Saves a batch and gives one outcome per item, in order. */
  readonly save: (items: readonly T[]) => Promise<readonly R[]>
  readonly itemsMax: number
  /** More than this many waiting: `add` throws what this makes of the ms that they will take, at once. */
  readonly waitingMax: number
  readonly overloaded: (waitMs: number) => Error
  readonly nowMs: () => number
}

interface Waiting<T, R> {
  readonly item: T
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/** Makes a batcher. */
export const makeBatcher = <T, R>(options: BatcherOptions<T, R>): Batcher<T, R> => {
  const { save, itemsMax, waitingMax, overloaded, nowMs } = options
  const waiting: Waiting<T, R>[] = []
  /** Of an item in the last batch, ms. */
  let perItemMs = 1
  let saving: Promise<void> | null = null

  const saveOne = async (batch: readonly Waiting<T, R>[]): Promise<void> => {
    const from = nowMs()
    try {
      const results = await save(batch.map(({ item }) => item))
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index]
        if (result === undefined) reject(new Error('the store gave fewer outcomes than it was given items'))
        else resolve(result)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error) // B3
    } finally {
      perItemMs = (nowMs() - from) / batch.length
    }
  }
  const saveAll = async (): Promise<void> => {
    while (waiting.length > 0) await saveOne(waiting.splice(0, itemsMax)) // B1
    saving = null
  }

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        if (waiting.length >= waitingMax) return reject(overloaded(waiting.length * perItemMs))
        waiting.push({ item, resolve, reject })
        saving ??= saveAll()
      }),
    flush: async () => {
      while (saving) await saving
    },
    waiting: () => waiting.length,
  }
}
