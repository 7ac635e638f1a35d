import type { RunEvent } from '@flotilla/engine'
import { collectItems, readItems, type ClaimedRun, type Tx } from '@flotilla/store'

/** Puts into an event what the inbox leaves in rows of its own: the items or results that a map has asked for. */
export const hydrateEvent = async (tx: Tx, { runId, state }: ClaimedRun, event: RunEvent): Promise<RunEvent> => {
  if (event.type === 'ItemsRead')
    return { ...event, items: await readItems(tx, { runId, step: event.step, visit: event.visit }, event) }
  if (event.type !== 'ItemsCollected') return event
  const total = state?.steps[event.step]?.items?.total ?? 0
  return { ...event, outputs: await collectItems(tx, { runId, step: event.step, visit: event.visit }, total) }
}
