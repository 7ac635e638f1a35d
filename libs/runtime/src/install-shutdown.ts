/** One phase: everything in it must be over before the next begins. */
export type ShutdownPhase = { readonly name: string; readonly run: () => Promise<unknown> }

export type ShutdownOptions = {
  /** In order: stop intake, let work end, flush, close connections. Read when the shutdown begins. */
  readonly phases: readonly ShutdownPhase[]
  /** Bound for all phases together, in ms (10,000 unless told). */
  readonly timeoutMs?: number
  readonly onPhaseFailed?: (phase: string, error: unknown) => void
  /** Only tests give their own. */
  readonly process?: {
    readonly on: (signal: 'SIGTERM' | 'SIGINT', listener: () => void) => unknown
    readonly exit: (code: number) => void
  }
}

export type Shutdown = {
  /** Runs the phases once and exits: 0 when all ended well and in time, else 1. Later calls join the first. */
  readonly begin: () => Promise<void>
  /** Aborted as soon as the shutdown begins. */
  readonly signal: AbortSignal
}

const timedOut = Symbol('timed out')

/**
 * On SIGTERM or SIGINT runs the phases in order and exits. A phase that fails does not keep the later ones from running;
 * one that does not end before the common bound does. A second signal exits 1 at once.
 */
export const installShutdown = (options: ShutdownOptions): Shutdown => {
  const { phases, timeoutMs = 10_000, onPhaseFailed, process: host = process } = options
  const started = new AbortController()
  let running: Promise<void> | null = null

  const runPhases = async (): Promise<number> => {
    let code = 0
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<typeof timedOut>((resolve) => {
      timer = setTimeout(() => resolve(timedOut), timeoutMs)
    })
    for (const phase of phases) {
      try {
        if ((await Promise.race([phase.run(), late])) !== timedOut) continue
        onPhaseFailed?.(phase.name, Object.assign(new Error('phase took too long'), { code: 'SHUTDOWN_TIMEOUT' }))
        return 1
      } catch (error) {
        code = 1
        onPhaseFailed?.(phase.name, error)
      }
    }
    clearTimeout(timer)
    return code
  }

  const begin = (): Promise<void> => {
    running ??= (async () => {
      started.abort()
      host.exit(await runPhases())
    })()
    return running
  }

  const onSignal = (): void => {
    if (running) host.exit(1)
    else void begin()
  }
  host.on('SIGTERM', onSignal)
  host.on('SIGINT', onSignal)
  return { begin, signal: started.signal }
}
