/** `npm run bench`: runs the benchmarks in `bench/` on the project's Node. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { build } from './build.mjs'
import { installIfNeeded } from './install.mjs'
import { nodeBinary, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'

/** @param {string[]} args given to the benchmark */
export const run = async (args) => {
  const entry = ['bench/bench.ts', 'bench/bench.mjs'].find((file) => fs.existsSync(path.join(repoDir, file)))
  if (entry === undefined) throw new StartError('this clone has no bench/bench.ts or bench/bench.mjs')
  installIfNeeded()
  await build()
  const child = spawn(nodeBinary(), [entry, ...args], { cwd: repoDir, env: toolEnv(), stdio: 'inherit' })
  return (await ended(child)).code ?? 1
}
