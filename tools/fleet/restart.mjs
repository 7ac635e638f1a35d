/** `npm run restart -- [service]` */
import { giveOrder } from './control.mjs'
import { readSupervisor } from './fleet-file.mjs'
import { localDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

/** @param {string[]} args */
export const run = async (args) => {
  const [service = null, ...more] = args
  if (more.length > 0 || service?.startsWith('-'))
    throw new StartError('npm run restart -- [service]: each of its processes, or of all services, one at a time', 78)
  const supervisor = readSupervisor(localDir)
  if (supervisor === null) throw new StartError('no fleet is running: npm start')
  const replaced = await giveOrder(supervisor, '/restart', { service })
  for (const [name, count] of Object.entries(replaced)) console.log(`${name} ${count}`)
  return 0
}
