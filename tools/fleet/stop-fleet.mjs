import { giveOrder } from './control.mjs'
import { readSupervisor, releaseSupervisor } from './fleet-file.mjs'
import { stopLeftovers } from './leftovers.mjs'
import { endProcess, isAlive, waitFor } from './processes.mjs'

/** An orderly stop takes seconds; but door, agents and orchestrator may each take half a minute to end their work. */
const stopTimeoutMs = 120_000

/**
 * Ends the fleet of this folder, in order where its supervisor lives. Resolves when all its processes are gone, also
 * when there were none.
 * @param {string} dir
 * @returns {Promise<boolean>} whether anything ran
 */
export const stopFleet = async (dir) => {
  const supervisor = readSupervisor(dir)
  if (supervisor !== null) {
    await giveOrder(supervisor, '/stop').catch(() => {})
    await waitFor(() => !isAlive(supervisor.pid), { timeoutMs: stopTimeoutMs, everyMs: 25 })
    await endProcess(supervisor.pid)
  }
  const left = await stopLeftovers(dir)
  releaseSupervisor(dir)
  return supervisor !== null || left.length > 0
}
