/** `npm run lint:workflow -- file.yaml ...`: what the gateway would say of workflow definitions. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { build } from './build.mjs'
import { installIfNeeded } from './install.mjs'
import { nodeBinary, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'

/** Files of definitions; none: those that ship. @param {string[]} args */
export const run = async (args) => {
  // npm starts scripts in the workspace's root, whatever folder they were asked for in.
  const from = process.env.INIT_CWD ?? process.cwd()
  const files = args.map((file) => path.resolve(from, file))
  const missing = files.find((file) => !fs.existsSync(file))
  if (missing !== undefined) throw new StartError(`${missing} is not there`, 78)
  installIfNeeded()
  await build()
  const main = path.join(repoDir, 'tools/fleet/lint-definitions-main.mjs')
  const child = spawn(nodeBinary(), [main, ...files], { cwd: repoDir, env: toolEnv(), stdio: 'inherit' })
  const { code, error } = await ended(child)
  if (error) throw new StartError(error.message)
  return code ?? 1
}
