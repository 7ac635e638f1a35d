import { metrics, type Logger } from '@flotilla/telemetry'
import type { Triggered } from './start-triggered.js'

/** Counts and logs triggers that went off; one that could not start a run is a warning. Ids and codes only. */
export const tellTriggered = (log: Logger, triggered: readonly Triggered[]): void => {
  for (const { workflow, name, occasion, runId, error } of triggered) {
    metrics.triggersFired.inc({ workflow, outcome: error ?? 'started' })
    const about = { workflow, trigger: name, occasion }
    if (error === null) log.info({ ...about, run_id: runId }, 'trigger went off')
    else log.warn({ ...about, code: error }, 'trigger could not start a run')
  }
}
