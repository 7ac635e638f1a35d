/**
 * A durable workflow library as a peer: DBOS on the fleet's Postgres, the same work as steps in one process, called without
 * HTTP. Neither validation, tenants, sealing nor another process take part: what DBOS does at its best.
 */
import { createHash } from 'node:crypto'
import { DBOS } from '@dbos-inc/dbos-sdk'

const answer = async (/** @type {string} */ agent, /** @type {unknown} */ payload) => {
  const digest = createHash('sha256').update(JSON.stringify(payload)).digest('hex')
  const bare = { agent, verdict: 'pass', digest, note: '' }
  return { ...bare, note: '.'.repeat(300 - JSON.stringify(bare).length) }
}

const step = (/** @type {string} */ name, /** @type {unknown} */ input) =>
  DBOS.runStep(() => answer(name, input), { name })

const desk = DBOS.registerWorkflow(
  async (/** @type {unknown} */ application) => {
    await Promise.all(['kyc', 'fraud', 'income'].map((name) => step(name, application)))
    await step('risk', application)
    return { decision: 'approve' }
  },
  { name: 'bench-desk' },
)

/** @param {string} systemDatabaseUrl of a database that exists or that its role may create */
const start = async (systemDatabaseUrl) => {
  DBOS.setConfig({ name: 'yardstick', systemDatabaseUrl, logLevel: 'error', runAdminServer: false })
  await DBOS.launch()
}

// Driven from outside over the channel of a forked process, so that its CPU is its own.
process.on('message', async (/** @type {{ url?: string, id?: number, input?: unknown }} */ message) => {
  if (message.url !== undefined) {
    await start(message.url)
    process.send?.({ ready: true })
    return
  }
  const from = performance.now()
  const handle = await DBOS.startWorkflow(desk)(message.input)
  await handle.getResult()
  process.send?.({ id: message.id, ms: performance.now() - from })
})
