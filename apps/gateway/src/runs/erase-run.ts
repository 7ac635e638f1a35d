import type { RunErased } from '@flotilla/contracts'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { RunRequest } from './ask-run.js'

/** Destroys the data key of a run's family; 409 while one of them is under way. Erased twice is erased once. */
export const eraseRun = async (gateway: Gateway, { principal, runId }: RunRequest): Promise<RunErased> => {
  const erased = await gateway.store.eraseRun(principal, runId)
  if (erased.outcome === 'unknown') throw new GatewayError('RUN_UNKNOWN')
  if (erased.outcome === 'not-ended') throw new GatewayError('RUN_NOT_ERASABLE')
  return { runId, erased: [...erased.runIds] }
}
