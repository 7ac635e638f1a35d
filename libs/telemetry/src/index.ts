export { allowAttributes, makeScrubbingProcessor, scrubSpan } from './allow-attributes.js'
export { emitSpans, emitsSpans, toReadableSpan, type EndedSpan } from './emit-spans.js'
export { loggedError, makeLogger, type Logger } from './make-logger.js'
export {
  emitMessageSpans,
  withProcessSpan,
  withReceiveSpan,
  withSendSpan,
  type BatchedMessage,
  type Messaging,
} from './messaging-spans.js'
export { metrics, metricsText, startProcessMetrics } from './metrics.js'
export { attribute, spanName } from './names.js'
export {
  contextOf,
  currentTraceparent,
  ensureTraceparent,
  formatTraceparent,
  newSpanId,
  newTraceId,
  parseTraceparent,
  spanIdOf,
  withTraceparent,
  type TraceParent,
} from './traceparent.js'
export { shutdownTelemetry } from './tracing-state.js'
export { errorCodeOf, failSpan, withSpan, type SpanStart } from './with-span.js'
