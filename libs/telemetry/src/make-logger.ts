import { isSpanContextValid, trace } from '@opentelemetry/api'
import { destination, pino, type DestinationStream, type Logger } from 'pino'
import { errorCodeOf } from './with-span.js'
import { tracingState } from './tracing-state.js'

export type { Logger }

/** Members whose values never reach a log, at the first two levels of what is logged. */
const personal = [
  'fullName',
  'name',
  'birthDate',
  'email',
  'phone',
  'address',
  'nationality',
  'document',
  'mrz',
  'deviceId',
  'ip',
  'iban',
  'applicant',
  'statement',
  'input',
  'output',
  'values',
  'comment',
  'payload',
  'sealed',
  'authorization',
  'password',
  'key',
  'token',
]

/** Errors whose messages are written by us and carry no data. */
const plain = new Set(['ConfigError', 'InvariantError', 'RetryableError', 'TerminalError'])

const framesOf = (error: Error): string[] =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .map((line) => line.trim())

/** An error as logs may show it: type, code, where. The message only where we wrote it: drivers quote values. */
export const loggedError = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { type: typeof error }
  return {
    type: error.name,
    code: errorCodeOf(error),
    ...(plain.has(error.name) ? { message: error.message.slice(0, 500) } : {}),
    frames: framesOf(error),
    ...(error.cause instanceof Error ? { cause: loggedError(error.cause) } : {}),
  }
}

/**
 * JSON lines on stdout with level, time, service, logger's name, trace_id and span_id. Asynchronous: a full pipe does not
 * stall the process. Personal members are redacted by name, errors reduced to type, code and frames (give them as `err`).
 */
export const makeLogger = (name: string, to: DestinationStream = destination({ dest: 1, sync: false })): Logger =>
  pino(
    {
      level: tracingState.logLevel,
      base: { service: tracingState.serviceName, logger: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: loggedError, error: loggedError },
      redact: { paths: personal.flatMap((member) => [member, `*.${member}`]), censor: '[redacted]' },
      mixin: () => {
        const span = trace.getActiveSpan()?.spanContext()
        return span && isSpanContextValid(span) ? { trace_id: span.traceId, span_id: span.spanId } : {}
      },
    },
    to,
  )
