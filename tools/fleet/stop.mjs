/** `npm stop` */
import { installedYet } from './install.mjs'
import { localDir } from './paths.mjs'

/** Returns 0 when all processes are gone, also when none ran. */
export const run = async () => {
  // Where nothing was ever installed nothing can run, and the modules that stop it cannot be loaded.
  const ran = installedYet() && (await (await import('./stop-fleet.mjs')).stopFleet(localDir))
  console.log(ran ? 'stopped' : 'nothing was running')
  return 0
}
