import type { SpanProcessor } from '@opentelemetry/sdk-trace'

/** What the preloaded `register` leaves for the rest of the process. */
export interface TracingState {
  /** Where ended spans go; null: nothing is exported. */
  processor: SpanProcessor | null
  serviceName: string
  logLevel: string
  shutdown: () => Promise<void>
}

/** One per process: `register` and `index` are two doors of one package and share this module. */
export const tracingState: TracingState = {
  processor: null,
  serviceName: 'flotilla',
  logLevel: 'info',
  shutdown: () => Promise.resolve(),
}

const boundMs = 1_000

/** Sends what is waiting and ends the export, within a second: a missing collector takes eight otherwise. Never rejects. */
export const shutdownTelemetry = async (): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, boundMs)
  })
  await Promise.race([tracingState.shutdown().catch(() => undefined), bound])
  clearTimeout(timer)
}
