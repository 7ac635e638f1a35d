/**
 * Everything in Postgres that a key of the ring keeps, under the ring's current key: so that an old key can be taken out.
 * Data keys are wrapped anew, in batches; whoever ends in the middle is called again. What is sealed with data keys is not
 * touched.
 */
import { makeSealer, openWebhookSecret, parseKey, parseSealingKeys, sealWebhookSecret } from '@flotilla/queues'
import { listUnderOtherKeys, openStore, rewrapDataKeys, rewrapWaiting } from '@flotilla/store'

/** @typedef {{ place: string, keyId: string, rows: number }} Remaining */

const secretTables = /** @type {const} */ (['webhook_endpoint', 'incoming_hook'])
const secretColumns = /** @type {const} */ (['secret', 'previous_secret'])

/**
 * Seals secrets of webhooks anew. Resolves with how many.
 * @param {import('@flotilla/store').Store} store
 * @param {import('@flotilla/queues').Sealer} sealer
 * @param {string} current
 */
const resealSecrets = async ({ pool }, sealer, current) => {
  let resealed = 0
  for (const table of secretTables)
    for (const column of secretColumns) {
      const sql = `select id, ${column} as sealed from ${table} where split_part(${column}, '.', 2) <> $1`
      const { rows } = await pool.query(sql, [current])
      for (const { id, sealed } of rows) {
        const renewed = readable(() => sealWebhookSecret(sealer, id, openWebhookSecret(sealer, id, sealed)))
        if (renewed === null) continue
        // Rotated meanwhile: what is there now is under the current key already.
        const update = `update ${table} set ${column} = $3 where id = $1 and ${column} = $2`
        resealed += (await pool.query(update, [id, sealed, renewed])).rowCount ?? 0
      }
    }
  return resealed
}

/** @param {() => string} open */
const readable = (open) => {
  try {
    return open()
  } catch {
    return null
  }
}

/**
 * @param {{ databaseUrl: string, sealingKeys: unknown, hashingKey: string, batch?: number, say?: (text: string) => void }} options
 *   the owner's address, and the ring as it is set
 * @returns {Promise<{ current: string, dataKeys: number, waiting: number, secrets: number, unreadable: number, remaining: readonly Remaining[], sent: { rows: number, oldest: Date | null } }>}
 *   `remaining`: what is under other keys still; `sent`: jobs that Redis may hold, sealed with the key that was current then
 */
export const rewrapAll = async ({ databaseUrl, sealingKeys, hashingKey, batch = 500, say = () => undefined }) => {
  const ring = parseSealingKeys(sealingKeys)
  const store = openStore({ url: databaseUrl, max: 2, applicationName: 'rewrap', sealing: ring })
  try {
    const onBatch = (/** @type {number} */ count) => say(`${count} data keys`)
    const dataKeys = await rewrapDataKeys(store, { batch, onBatch })
    const waiting = await rewrapWaiting(store)
    const secrets = await resealSecrets(store, makeSealer(ring, parseKey(hashingKey)), ring.current)
    const { rows } = await store.pool.query(
      'select count(*)::integer as rows, min(sent_at) as oldest from outbox where sent_at is not null',
    )
    return {
      current: ring.current,
      dataKeys: dataKeys.rewrapped,
      waiting: waiting.rewrapped,
      secrets,
      unreadable: dataKeys.unreadable + waiting.unreadable,
      remaining: await listUnderOtherKeys(store),
      sent: rows[0],
    }
  } finally {
    await store.close()
  }
}

/** What `npm run keys -- rewrap` prints. @param {Awaited<ReturnType<typeof rewrapAll>>} done @param {readonly string[]} others ids of the ring's other keys */
export const describeRewrap = ({ current, dataKeys, waiting, secrets, remaining, sent }, others) => {
  const left = new Set(remaining.map(({ keyId }) => keyId))
  const free = others.filter((id) => !left.has(id))
  return [
    `under ${current} now: ${dataKeys} data keys, ${waiting} waiting events, ${secrets} secrets of webhooks`,
    ...remaining.map(({ place, keyId, rows }) => `under ${keyId} still: ${rows} ${place}`),
    ...(sent.oldest === null
      ? []
      : [
          `jobs under way: ${sent.rows}, the first sent at ${sent.oldest.toISOString()}, under the key that was current then`,
        ]),
    ...(free.length === 0
      ? []
      : [`no row needs ${free.join(', ')}: may leave SEALING_KEYS when no job is older than the change`]),
  ].join('\n')
}
