/**
 * Token buckets by name, in memory: each process limits by itself, so that Redis is not on the way of a request.
 * The least recently used names are forgotten beyond `namesMax`, which refills them.
 */
export interface TokenBuckets {
  /** Takes one token: 0, or the seconds until there is one. */
  readonly take: (name: string, nowMs: number) => number
  /** Seconds until there is a token; takes none. */
  readonly peek: (name: string, nowMs: number) => number
}

export interface TokenBucketOptions {
  /** Tokens that an untouched bucket holds. */
  readonly burst: number
  readonly perSecond: number
  readonly namesMax?: number
}

interface Bucket {
  tokens: number
  at: number
}

/** Makes buckets that hold `burst` tokens and refill at `perSecond`. Times are ms of any clock that does not go back. */
export const makeTokenBuckets = ({ burst, perSecond, namesMax = 10_000 }: TokenBucketOptions): TokenBuckets => {
  const buckets = new Map<string, Bucket>()
  const refilled = (name: string, nowMs: number): Bucket => {
    const known = buckets.get(name)
    if (!known) return { tokens: burst, at: nowMs }
    const tokens = Math.min(burst, known.tokens + (Math.max(0, nowMs - known.at) / 1000) * perSecond)
    return { tokens, at: nowMs }
  }
  const waitOf = (bucket: Bucket): number => (bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / perSecond)
  return {
    peek: (name, nowMs) => waitOf(refilled(name, nowMs)),
    take: (name, nowMs) => {
      const bucket = refilled(name, nowMs)
      const wait = waitOf(bucket)
      if (wait === 0) bucket.tokens -= 1
      buckets.delete(name)
      buckets.set(name, bucket)
      if (buckets.size > namesMax) buckets.delete(buckets.keys().next().value ?? '')
      return wait
    },
  }
}
