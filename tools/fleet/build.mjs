/** Builds every room; Nx skips what did not change. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { binDir, repoDir, toolEnv } from './paths.mjs'
import { ended } from './processes.mjs'
import { StartError } from './start-error.mjs'

/** Links libraries that came with a pull: they need no installation, only to be found by their names. */
const linkLibraries = () => {
  for (const name of fs.readdirSync(path.join(repoDir, 'libs'))) {
    const link = path.join(repoDir, 'node_modules/@flotilla', name)
    const isLibrary = fs.existsSync(path.join(repoDir, 'libs', name, 'package.json'))
    if (isLibrary && !fs.existsSync(link)) fs.symlinkSync(path.join('../../libs', name), link)
  }
}

/** Rejects with the compiler's words when something does not build. */
export const build = async () => {
  linkLibraries()
  const args = ['run-many', '-t', 'build', '--outputStyle=static']
  const child = spawn(path.join(binDir, 'nx'), args, {
    cwd: repoDir,
    env: toolEnv({ NO_COLOR: '1' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes))
  const { code, error } = await ended(child)
  if (code !== 0) throw new StartError(`build failed:\n${output.trim()}${error?.message ?? ''}`)
}
