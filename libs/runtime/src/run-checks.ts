/** Resolves when healthy, rejects when not. Gets a signal that is aborted when its time is up. */
export type HealthCheck = (signal: AbortSignal) => Promise<unknown>

/** The body of `/readyz`. Only codes: an error's message may name hosts and users. */
export type Readiness = {
  readonly status: 'ready' | 'not-ready'
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly ms: number; readonly code: string | null }>>
}

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code !== '' ? code : 'FAILED'
}

const runOne = async (check: HealthCheck, timeoutMs: number) => {
  const startedAt = performance.now()
  const timeout = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      timeout.abort()
      reject(Object.assign(new Error('check took too long'), { code: 'TIMEOUT' }))
    }, timeoutMs)
  })
  try {
    await Promise.race([check(timeout.signal), late])
    return { ok: true, ms: Math.round(performance.now() - startedAt), code: null }
  } catch (error) {
    return { ok: false, ms: Math.round(performance.now() - startedAt), code: codeOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Runs all checks at once, each at most `timeoutMs` (1,000 unless told). Never rejects. */
export const runChecks = async (
  checks: Readonly<Record<string, HealthCheck>>,
  timeoutMs = 1_000,
): Promise<Readiness> => {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await runOne(check, timeoutMs)] as const),
  )
  return {
    status: results.every(([, result]) => result.ok) ? 'ready' : 'not-ready',
    checks: Object.fromEntries(results),
  }
}
