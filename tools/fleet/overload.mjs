/** `npm run overload`: floods a fleet of its own on the project's Node. */
import { spawn } from 'node:child_process'
import { build } from './build.mjs'
import { installIfNeeded } from './install.mjs'
import { nodeBinary, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'

/** @param {string[]} args */
export const run = async (args) => {
  installIfNeeded()
  await build()
  const child = spawn(nodeBinary(), ['chaos/overload.mjs', ...args], { cwd: repoDir, env: toolEnv(), stdio: 'inherit' })
  return (await ended(child)).code ?? 1
}
