import type { StreamedEventView } from '@flotilla/contracts'
import type { StreamItem } from '@flotilla/store'
import { spanIdOf } from '@flotilla/telemetry'

const texts = new WeakMap<StreamItem, string>()

/** The same as JSON, written once for all clients that are sent this very item. */
export const streamedEventText = (
  item: StreamItem,
  run: { readonly runId: string; readonly traceId: string },
): string => {
  const known = texts.get(item)
  if (known !== undefined) return known
  const text = JSON.stringify(streamedEventView(item, run))
  texts.set(item, text)
  return text
}

/** An event of a run as the interface shows it, with the run, time and trace that the engine does not know. */
export const streamedEventView = (
  { at, event }: StreamItem,
  run: { readonly runId: string; readonly traceId: string },
): StreamedEventView => ({
  seq: event.seq,
  runId: run.runId,
  ts: at.toISOString(),
  type: event.type,
  phase: event.phase,
  status: event.status,
  message: event.message,
  progress: event.progress,
  step_progress: event.stepProgress,
  trace_id: run.traceId,
  span_id: event.spanId ?? spanIdOf(run.runId, event.spanKey ?? 'run'),
  meta: event.step === null ? event.meta : { step: event.step, ...event.meta },
})
