/** `npm run scale -- kyc=0 fraud=2` */
import { parseAgentCounts } from './agents.mjs'
import { giveOrder } from './control.mjs'
import { readSupervisor } from './fleet-file.mjs'
import { localDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

/** @param {string[]} args */
export const run = async (args) => {
  const counts = parseAgentCounts(args)
  if (Object.keys(counts).length === 0) throw new StartError('npm run scale -- kyc=3 fraud=0 (processes per agent)', 78)
  const supervisor = readSupervisor(localDir)
  if (supervisor === null) throw new StartError('no fleet is running: npm start')
  const processes = await giveOrder(supervisor, '/scale', counts)
  for (const [name, count] of Object.entries(processes)) console.log(`${name} ${count}`)
  return 0
}
