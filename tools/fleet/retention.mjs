/** `npm run retention`: how long runs of tenants and workflows are kept before they are erased. */
import { parseArgs } from 'node:util'
import { withClient } from './database.mjs'
import { readFleet } from './fleet-file.mjs'
import { localDir } from './paths.mjs'
import { StartError } from './start-error.mjs'

const usage = `npm run retention -- set --tenant T [--workflow W] --days 30    erased so long after their end; 'keep' keeps them
npm run retention -- list
npm run retention -- remove --tenant T [--workflow W]`

/** @param {string} problem */
const refuse = (problem) => new StartError(`${problem}\n${usage}`, 78)

/**
 * Adds a rule or changes one. False: there is no such tenant.
 * @param {string} ownerUrl
 * @param {{ tenant: string, workflow: string, days: number | null }} rule `workflow` empty: all; `days` null: kept
 */
export const setRetention = (ownerUrl, { tenant, workflow, days }) =>
  withClient(ownerUrl, async (client) => {
    const sql = `insert into retention_rule (tenant_id, workflow, days) select id, $2, $3 from tenant where id = $1
      on conflict (tenant_id, workflow) do update set days = excluded.days, set_at = now()`
    return (await client.query(sql, [tenant, workflow, days])).rowCount === 1
  })

/** @param {string} ownerUrl @param {{ tenant: string, workflow: string }} rule */
export const removeRetention = (ownerUrl, { tenant, workflow }) =>
  withClient(ownerUrl, async (client) => {
    const sql = 'delete from retention_rule where tenant_id = $1 and workflow = $2'
    return (await client.query(sql, [tenant, workflow])).rowCount === 1
  })

/** @param {string} ownerUrl */
const list = (ownerUrl) =>
  withClient(ownerUrl, async (client) => {
    const { rows } = await client.query('select * from retention_rule order by tenant_id, workflow')
    for (const { tenant_id, workflow, days } of rows)
      console.log([tenant_id, workflow || 'all workflows', days === null ? 'kept' : `${days} days`].join('\t'))
  })

/** @param {string} given */
const daysOf = (given) => {
  if (given === 'keep') return null
  if (!/^\d{1,5}$/.test(given) || Number(given) > 36_500) throw refuse('--days: 0 to 36500, or keep')
  return Number(given)
}

/** @param {string[]} args */
const readArgs = (args) => {
  const text = /** @type {const} */ ({ type: 'string' })
  try {
    return parseArgs({ args, allowPositionals: true, options: { tenant: text, workflow: text, days: text } })
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : `${error}`)
  }
}

/** @param {string[]} args */
export const run = async (args) => {
  const {
    values: { tenant = '', workflow = '', days = '' },
    positionals: [action],
  } = readArgs(args)
  if (action !== 'set' && action !== 'list' && action !== 'remove') throw refuse('what shall be done with the rules?')
  const databaseUrl = readFleet(localDir)?.databaseUrl ?? process.env.DATABASE_URL
  if (databaseUrl === undefined)
    throw new StartError('no fleet is running: npm start, or give the owner’s DATABASE_URL')
  if (action === 'list') await list(databaseUrl)
  else if (tenant === '') throw refuse('--tenant is missing')
  else if (action === 'remove') {
    if (!(await removeRetention(databaseUrl, { tenant, workflow }))) throw refuse('there is no such rule')
  } else if (!(await setRetention(databaseUrl, { tenant, workflow, days: daysOf(days) })))
    throw refuse('there is no such tenant')
  return 0
}
