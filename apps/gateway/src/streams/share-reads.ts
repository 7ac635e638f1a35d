/**
 * Lets readers who ask for the same at the same time share one answer: a thousand clients that follow one stream stand at
 * the same place, and are woken by the same hint.
 *
 * R1 A question is asked at the end of the turn of the event loop, and shared only by those who came before that: whoever was
 *    told of news never gets an answer that is older than the news.
 */
export const shareReads = <Args extends readonly unknown[], Answer>(
  keyOf: (...args: Args) => string,
  read: (...args: Args) => Promise<Answer>,
): ((...args: Args) => Promise<Answer>) => {
  const waiting = new Map<string, Promise<Answer>>()
  return (...args) => {
    const key = keyOf(...args)
    const known = waiting.get(key)
    if (known) return known
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      waiting.delete(key) // R1
      return read(...args)
    })
    waiting.set(key, answer)
    return answer
  }
}
