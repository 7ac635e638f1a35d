/** `npm run replay -- RUN ... | --all`: whether this build's engine makes of stored histories what was made of them. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import { build } from './build.mjs'
import { urlWith } from './database.mjs'
import { readFleet } from './fleet-file.mjs'
import { installIfNeeded } from './install.mjs'
import { localDir, nodeBinary, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { loadSecrets } from './secrets.mjs'
import { StartError } from './start-error.mjs'

/** The running fleet's database as its orchestrators see it; elsewhere their own settings. */
const settings = () => {
  const fleet = readFleet(localDir)
  if (fleet === null) {
    const { DATABASE_URL, SEALING_KEYS } = process.env
    if (!DATABASE_URL || !SEALING_KEYS)
      throw new StartError('no fleet is running: set DATABASE_URL and SEALING_KEYS as an orchestrator has them', 78)
    return { DATABASE_URL, SEALING_KEYS }
  }
  const { passwords, sealingKeys } = loadSecrets(localDir)
  return {
    DATABASE_URL: urlWith(fleet.databaseUrl, { user: 'flotilla_engine', password: passwords.flotilla_engine }),
    SEALING_KEYS: JSON.stringify(sealingKeys),
  }
}

/** @param {string[]} args */
export const run = async (args) => {
  installIfNeeded()
  const given = settings()
  await build()
  const main = path.join(repoDir, 'tools/fleet/replay-main.mjs')
  const child = spawn(nodeBinary(), [main, ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: { ...toolEnv(), ...given },
    stdio: 'inherit',
  })
  const { code, error } = await ended(child)
  if (error) throw new StartError(error.message)
  return code ?? 1
}
