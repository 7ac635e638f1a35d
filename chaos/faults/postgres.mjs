/** Faults of Postgres. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** @param {string} connectionString */
const connect = async (connectionString) => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 })
  client.on('error', () => {})
  await client.connect()
  return client
}

const ours = `usename in ('flotilla_gateway', 'flotilla_engine', 'flotilla_vault')`

/** @type {Record<string, import('./index.mjs').Fault>} */
export const postgresFaults = {
  'pg-crash': ({ fleet: { postgres } }) => ({
    ...{ target: 'postgres', alone: 'postgres', healed: postgres.crash().then(postgres.restart) },
  }),
  'pg-terminate': ({ fleet: { postgres }, random }) => ({
    ...{ target: 'postgres', alone: 'postgres' },
    healed: (async () => {
      const client = await connect(postgres.superuserUrl)
      for (let storm = random.integer(1, 6); storm > 0; storm -= 1) {
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ours}`)
        await sleep(random.integer(50, 500))
      }
      await client.end()
    })(),
  }),
  'pg-pause': ({ fleet: { postgres }, random }) => {
    const goOn = postgres.freeze()
    return { target: 'postgres', alone: 'postgres', healed: sleep(random.integer(1_000, 8_000)).then(goOn) }
  },
  'pg-connections': ({ fleet: { postgres }, random }) => ({
    ...{ target: 'postgres', alone: 'postgres' },
    healed: (async () => {
      // As many as it takes until it refuses; then whoever of the fleet loses a connection finds no other.
      /** @type {pg.Client[]} */
      const held = []
      const superuser = await connect(postgres.superuserUrl)
      try {
        for (;;) held.push(await connect(postgres.ownerUrl))
      } catch {
        await superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ours} and random() < 0.3`)
        for (let more = 0; more < 30; more += 1)
          await connect(postgres.ownerUrl)
            .then((one) => held.push(one))
            .catch(() => {})
      }
      await sleep(random.integer(1_000, 6_000))
      await Promise.all([...held, superuser].map((client) => client.end().catch(() => {})))
    })(),
  }),
  'pg-lock': ({ fleet: { postgres }, random }) => ({
    ...{ target: 'postgres', alone: 'postgres' },
    healed: (async () => {
      const client = await connect(postgres.superuserUrl)
      await client.query('begin')
      await client.query(`lock table ${random.pick(['run', 'outbox', 'inbox', 'gate'])} in access exclusive mode`)
      await sleep(random.integer(1_000, 6_000))
      await client.query('commit')
      await client.end()
    })(),
  }),
}
