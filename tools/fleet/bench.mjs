/** `npm run bench`: runs the benchmarks in `bench/` on the project's Node. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { build } from './build.mjs'
import { installIfNeeded } from './install.mjs'
import { nodeBinary, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'

/** @param {string[]} all which benchmark (a file of `bench/`; none: `bench.mjs`), then what is given to it */
export const run = async (all) => {
  const [name = 'bench', ...others] = all[0]?.startsWith('-') === false ? all : ['bench', ...all]
  const args = others
  const entry = `bench/${path.basename(name)}.mjs`
  if (!fs.existsSync(path.join(repoDir, entry))) throw new StartError(`this clone has no ${entry}`)
  installIfNeeded()
  await build()
  const child = spawn(nodeBinary(), [entry, ...args], { cwd: repoDir, env: toolEnv(), stdio: 'inherit' })
  return (await ended(child)).code ?? 1
}
