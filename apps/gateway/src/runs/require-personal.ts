import { holdsOneOf, type Principal } from '../auth/principal.js'
import type { Gateway } from '../gateway.js'
import { GatewayError } from '../http/gateway-error.js'
import type { RunWithGates } from '../ports.js'
import { findRun } from './find-run.js'

/** Opens what runs know of people. */
export const personalScope = 'pii:read'

const scopeMissing = (): GatewayError =>
  new GatewayError('SCOPE_MISSING', `What others' runs know of people is read with the scope ${personalScope}.`, {
    'www-authenticate': `Bearer realm="flotilla", error="insufficient_scope", scope="${personalScope}"`,
  })

/** Who asks for what a run knows. */
export interface RunReading {
  readonly principal: Principal
  readonly runId: string
}

/** Generations of forks that are followed: far more than anybody makes, and an end. */
const forksMax = 100

/**
 * The run, for whoever may read what it knows of people: who holds `pii:read`, and who submitted it and so knows what is in
 * it. A fork goes on with what the run before it knew, whoever gave it another input: its reader has submitted both. Throws
 * RUN_UNKNOWN as `findRun`, and SCOPE_MISSING.
 */
export const findPersonalRun = async (gateway: Gateway, { principal, runId }: RunReading): Promise<RunWithGates> => {
  const found = await findRun(gateway, principal.tenantId, runId)
  if (holdsOneOf(principal, [personalScope])) return found
  let { run } = found
  for (let forks = 0; forks < forksMax; forks += 1) {
    if (run.submittedBy !== principal.principal) throw scopeMissing()
    if (run.forkedFrom === null) return found
    run = (await findRun(gateway, principal.tenantId, run.forkedFrom)).run
  }
  throw scopeMissing()
}
