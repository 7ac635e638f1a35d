import type { Command } from '@flotilla/engine'

/** A span of the run itself, ready for export: ids in hex, times in epoch ms. */
export interface RunSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly startedAt: number
  readonly endedAt: number
  readonly error: { readonly code: string; readonly message: string } | null
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** Where the run's spans hang: its trace, and the span of the request that submitted it. */
export interface RunTrace {
  readonly runId: string
  readonly traceId: string
  /** Span id of the submitting request, else null. */
  readonly rootSpanId: string | null
  readonly spanIdOf: (runId: string, key: string) => string
}

/** The spans that a run's commands end. Ids derive from run id and key, so any process may end what another began. */
export const runSpans = (commands: readonly Command[], trace: RunTrace): RunSpan[] =>
  commands.flatMap((command) => {
    if (command.type !== 'EndSpan') return []
    const parent = command.parentKey === null ? trace.rootSpanId : trace.spanIdOf(trace.runId, command.parentKey)
    return [
      {
        name: command.name,
        traceId: trace.traceId,
        spanId: trace.spanIdOf(trace.runId, command.key),
        parentSpanId: parent,
        startedAt: command.startedAt,
        endedAt: command.endedAt,
        error: command.error,
        attributes: command.attributes,
      },
    ]
  })
