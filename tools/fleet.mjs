/** Every command of the fleet. Builtins only until something is installed: this runs on a fresh clone. */
import { StartError } from './fleet/start-error.mjs'

/** @type {Record<string, () => Promise<{ run: (args: string[]) => Promise<number> }>>} */
const commands = {
  start: () => import('./fleet/start.mjs'),
  stop: () => import('./fleet/stop.mjs'),
  scale: () => import('./fleet/scale.mjs'),
  restart: () => import('./fleet/restart.mjs'),
  demo: () => import('./fleet/run-demo.mjs'),
  keys: () => import('./fleet/keys.mjs'),
  retention: () => import('./fleet/retention.mjs'),
  audit: () => import('./fleet/audit.mjs'),
  checkpoint: () => import('./fleet/checkpoint.mjs'),
  test: () => import('./fleet/test.mjs'),
  verify: () => import('./fleet/verify.mjs'),
  bench: () => import('./fleet/bench.mjs'),
  chaos: () => import('./fleet/chaos.mjs'),
  replay: () => import('./fleet/replay.mjs'),
  overload: () => import('./fleet/overload.mjs'),
  soak: () => import('./fleet/soak.mjs'),
  'lint:workflow': () => import('./fleet/lint-workflow.mjs'),
}

const [name = '', ...args] = process.argv.slice(2)
const load = commands[name]
if (load === undefined) {
  console.error(`unknown command ${JSON.stringify(name)}: one of ${Object.keys(commands).join(', ')}`)
  process.exit(2)
}
try {
  // Set rather than exit, so that what was printed to a pipe arrives whole.
  process.exitCode = await (await load()).run(args)
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  process.exitCode = error instanceof StartError ? error.exitCode : 1
}
