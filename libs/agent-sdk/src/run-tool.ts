import { RetryableError } from '@flotilla/contracts'
import { attribute, errorCodeOf, metrics, spanName, withSpan } from '@flotilla/telemetry'
import type { ToolOptions } from './agent-context.js'
import { untilAborted } from './stop-error.js'

/** Bounds of tool calls where a call names none. */
export interface ToolDefaults {
  readonly timeoutMs: number
}

export const toolDefaults: ToolDefaults = { timeoutMs: 30_000 }

/** Calls that are awaited before an agent that was told to stop does stop. */
export type CallsToAwait = Set<Promise<unknown>>

/** Resolves when the calls that may not be interrupted have ended, well or not, also those that began meanwhile. */
export const allEnded = async (calls: CallsToAwait): Promise<void> => {
  while (calls.size > 0) await Promise.allSettled(calls)
}

/**
 * Makes `context.tool` for one agent: a span, a bound in time and a signal per call. A call that may not be interrupted
 * does not see that the agent was told to stop; it is kept in `uninterrupted` while it goes on.
 */
export const makeRunTool =
  (
    { agent, signal, uninterrupted }: { agent: string; signal: AbortSignal; uninterrupted: CallsToAwait },
    defaults: ToolDefaults = toolDefaults,
  ) =>
  async <T>(
    name: string,
    fn: (signal: AbortSignal) => T | Promise<T>,
    { timeoutMs = defaults.timeoutMs, attributes = {}, interruptible = true }: ToolOptions = {},
  ): Promise<T> => {
    signal.throwIfAborted()
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(new RetryableError('TOOL_TIMEOUT')), timeoutMs)
    const bounded = interruptible ? AbortSignal.any([signal, timeout.signal]) : timeout.signal
    const watch = untilAborted(bounded)
    const startedAt = performance.now()
    let outcome = 'done'
    const start = {
      attributes: {
        ...attributes,
        [attribute.genAiOperation]: 'execute_tool',
        [attribute.genAiTool]: name,
        [attribute.genAiToolType]: 'function',
        [attribute.genAiAgent]: agent,
        [attribute.aliasAgent]: agent,
      },
    }
    const call = withSpan(spanName.executeTool(name), start, () =>
      Promise.race([Promise.resolve(fn(bounded)), watch.aborted]),
    )
    if (!interruptible) uninterrupted.add(call)
    try {
      return await call
    } catch (error) {
      outcome = errorCodeOf(error)
      throw error
    } finally {
      uninterrupted.delete(call)
      watch.stop()
      clearTimeout(timer)
      metrics.toolSeconds.observe(
        { agent, tool: name, outcome: outcome === 'done' ? 'done' : 'failed' },
        (performance.now() - startedAt) / 1e3,
      )
    }
  }
