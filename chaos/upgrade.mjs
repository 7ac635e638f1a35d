/**
 * Upgrades a fleet of an earlier build to this one with runs in flight: the earlier build goes on working while the schema is
 * expanded under it, then this build takes over what is under way, and its engine is given every stored history again.
 * `node chaos/upgrade.mjs --from REF`, a commit whose packages are those of now.
 */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { repoDir } from '../tools/fleet/paths.mjs'
import { prepareDatabase } from '../tools/fleet/prepare-database.mjs'
import { ended, waitFor } from '../tools/fleet/processes.mjs'
import { makeDoor } from './overload/door.mjs'
import { chooseWorkflow } from './overload/workflow.mjs'

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    runs: { type: 'string', default: '100' },
    'hold-ms': { type: 'string', default: '8000' },
  },
})
if (values.from === undefined) {
  console.log('node chaos/upgrade.mjs --from REF [--runs 100] [--hold-ms 8000]')
  process.exit(78)
}
const runs = Number(values.runs)
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'flotilla-upgrade-'))
const home = path.join(dir, 'home')
const oldDir = path.join(dir, 'old')

/** @param {string} command @param {readonly string[]} args @param {string} [cwd] */
const run = (command, args, cwd = repoDir) => {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`)
}
/** A command of a build's fleet. @param {string} from @param {string[]} args */
const tool = async (from, ...args) => {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, FLOTILLA_HOME: home, LOG_LEVEL: 'warn', AGENT_CONCURRENCY: '100' }
  for (const foreign of ['DATABASE_URL', 'REDIS_URL', 'PORT', 'NODE_OPTIONS']) delete env[foreign]
  const child = spawn(process.execPath, [path.join(from, 'tools/fleet.mjs'), ...args], { cwd: from, env })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes))
  const { code } = await ended(child)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}
const fleetFile = () => JSON.parse(fs.readFileSync(path.join(home, 'fleet.json'), 'utf8'))

const cleanUp = async () => {
  await tool(repoDir, 'stop').catch(() => {})
  run('git', ['worktree', 'remove', '--force', oldDir])
  fs.rmSync(dir, { recursive: true, force: true })
}
// A fleet outlives whoever started it.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.once(signal, () => void cleanUp().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)))

console.log(`building ${values.from}`)
run('git', ['worktree', 'add', '--detach', oldDir, values.from])
try {
  // Hard links where the file system is the same: links to this repository's own rooms are relative, and lead to theirs there.
  if (spawnSync('cp', ['-al', path.join(repoDir, 'node_modules'), oldDir]).status !== 0)
    run('cp', ['-a', path.join(repoDir, 'node_modules'), oldDir])
  run(process.execPath, ['-e', `import('./tools/fleet/build.mjs').then((one) => one.build())`], oldDir)
  await tool(oldDir, 'start', '--background', '--no-demo')

  const { databaseUrl, keys } = fleetFile()
  const secrets = JSON.parse(fs.readFileSync(path.join(home, 'secrets.json'), 'utf8'))
  const { workflow, input, register } = chooseWorkflow(Number(values['hold-ms']))
  await register(fleetFile().gatewayUrl, keys.admin)
  const doorTo = (/** @type {string} */ name) =>
    makeDoor({ url: () => fleetFile().gatewayUrl, key: keys.admin, workflow, input: (n) => input(name, n) })
  const submit = async (/** @type {string} */ name) => {
    const door = doorTo(name)
    const all = await Promise.all(Array.from({ length: runs }, () => door.submit()))
    door.close()
    const refused = all.filter(({ status }) => status !== 202)
    if (refused.length > 0) throw new Error(`${name}: ${refused.length} refused, ${refused[0]?.status}`)
    return all.map(({ runId }) => runId)
  }
  /** @template T @param {(client: pg.Client) => Promise<T>} work @returns {Promise<T>} */
  const withDatabase = async (work) => {
    const client = new pg.Client({ connectionString: fleetFile().databaseUrl })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
  /** @param {string} text @param {readonly unknown[]} [given] @returns {Promise<number>} */
  const count = (text, given = []) =>
    withDatabase(
      async (client) => (await client.query(`select count(*)::integer as n from ${text}`, [...given])).rows[0].n,
    )
  /** @param {string} what @param {readonly (string | null)[]} ids */
  const finish = async (what, ids) => {
    const left = () =>
      count(`unnest($1::uuid[]) x left join run r on r.id = x where r.status is distinct from 'completed'`, [ids])
    const done = await waitFor(async () => (await left()) === 0, { timeoutMs: 120_000, everyMs: 250 })
    console.log(`${what}: ${ids.length - (await left())} of ${ids.length} runs completed`)
    if (done === null) process.exitCode = 1
  }
  const migrations = () => count('_prisma_migrations')

  const before = await submit('before')
  const had = await migrations()
  await prepareDatabase(databaseUrl, secrets)
  console.log(`${had} migrations, ${await migrations()} now, ${runs} runs under way`)
  const between = await submit('between')
  await finish('the earlier build over this schema', [...before, ...between])
  const flying = await submit('flying')
  await tool(oldDir, 'stop')

  await tool(repoDir, 'start', '--background', '--no-demo')
  const after = await submit('after')
  await finish('this build, half of them taken over under way', [...flying, ...after])
  const twice = await count(
    `(select run_id from history where event ->> 'type' = 'StepSucceeded' and ignored is null group by 1 having count(*) <> 1) x`,
  )
  console.log(`${twice} results accepted twice`)
  console.log(await tool(repoDir, 'replay', '--all'))
  if (twice > 0) process.exitCode = 1
} finally {
  await cleanUp()
}
