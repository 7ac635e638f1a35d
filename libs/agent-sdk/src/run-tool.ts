import { RetryableError } from '@flotilla/contracts'
import { attribute, errorCodeOf, metrics, spanName, withSpan } from '@flotilla/telemetry'
import type { ToolOptions } from './agent-context.js'
import { untilAborted } from './stop-error.js'

const timeoutDefaultMs = 30_000

/** Makes `context.tool` for one agent: a span, a bound in time and a signal per call. */
export const makeRunTool =
  (agent: string, signal: AbortSignal) =>
  async <T>(
    name: string,
    fn: (signal: AbortSignal) => T | Promise<T>,
    { timeoutMs = timeoutDefaultMs, attributes = {} }: ToolOptions = {},
  ): Promise<T> => {
    signal.throwIfAborted()
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(new RetryableError('TOOL_TIMEOUT')), timeoutMs)
    const bounded = AbortSignal.any([signal, timeout.signal])
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
    try {
      return await withSpan(spanName.executeTool(name), start, () =>
        Promise.race([Promise.resolve(fn(bounded)), watch.aborted]),
      )
    } catch (error) {
      outcome = errorCodeOf(error)
      throw error
    } finally {
      watch.stop()
      clearTimeout(timer)
      metrics.toolSeconds.observe(
        { agent, tool: name, outcome: outcome === 'done' ? 'done' : 'failed' },
        (performance.now() - startedAt) / 1e3,
      )
    }
  }
