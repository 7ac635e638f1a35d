import { v7 as uuidv7 } from 'uuid'
import { gateWorkflow, type World } from './a-world.js'
import { aDefinition, type Named } from './route-cases.js'

/** A word that stands in everything that tenant acme has: whoever else reads it has been shown too much. */
export const secretWord = 'ZZVICTIM'

/** What the tests of security are about: objects of tenant acme in every state, all of which hold the secret word. */
export interface Victim extends Named {
  /** A second run, which was deleted since. */
  readonly deletedRunId: string
}

const workflow = 'private-desk'

const definition = {
  ...aDefinition(workflow, { title: secretWord }),
  input: { type: 'object', properties: { note: { type: 'string' } } },
  triggers: [{ kind: 'schedule', name: 'weekly', cron: '0 8 * * MON', timeZone: 'UTC', input: { note: secretWord } }],
  checkpoint: 'after',
  initial: 'note',
  states: [
    {
      ...gateWorkflow.states[0],
      assign: [{ to: 'note', from: 'input.note' }],
      artifacts: [{ name: 'note', type: 'note', mediaType: 'text/plain', content: 'input.note' }],
    },
    { ...gateWorkflow.states[1], shows: { proposed: 'data.note' } },
    ...gateWorkflow.states.slice(2),
  ],
}

/** Gives acme a workflow with a schedule, an endpoint, a run at its gate with a dead letter, and one that is deleted. */
export const aVictim = async (world: World): Promise<Victim> => {
  const put = await world.ask('operator', 'PUT', `/workflows/${workflow}/versions/1`, definition)
  if (put.status !== 201) throw new Error(`the victim's workflow was refused: ${JSON.stringify(put.body)}`)
  const { body: read } = await world.ask('operator', 'GET', `/workflows/${workflow}/versions/1`)
  const aRun = async (): Promise<string> => {
    const { body } = await world.ask('submitter', 'POST', '/runs', { workflow, input: { note: secretWord } })
    await world.settle(body.runId, read)
    return body.runId
  }
  const runId = await aRun()
  const deletedRunId = await aRun()
  const deadLetterId = uuidv7()
  await world.owner.pool.query(
    `insert into dead_letter (id, tenant_id, run_id, workflow, queue, agent, step, visit, dispatch, code, message, attempts,
       input_ref, trace_id) values ($1, 'acme', $2, $3, 'agent.kyc', 'kyc', 'review', 1, 1, 'A', $4, 3, 'ref', 't')`,
    [deadLetterId, runId, workflow, secretWord],
  )
  await world.owner.pool.query(
    `insert into subscription (run_id, step, visit, tenant_id, name, key_hash) values ($1, 'w', 1, 'acme', 'paid', 'h')`,
    [runId],
  )
  const url = `https://receiver.dev/${secretWord}`
  const { body: webhook } = await world.ask('operator', 'POST', '/webhooks', { url, description: secretWord })
  const { body: delivery } = await world.ask('operator', 'POST', `/webhooks/${webhook.id}/test`)
  const signal = { name: 'paid', key: 'event.order' }
  const { body: hook } = await world.ask('operator', 'POST', '/hooks', {
    name: 'shop',
    description: secretWord,
    signal,
  })
  const [run, artifacts, document] = await Promise.all(
    ['', '/artifacts', '/checkpoints/1'].map((path) => world.ask('both', 'GET', `/runs/${runId}${path}`)),
  )
  return {
    runId,
    deletedRunId,
    deadLetterId,
    webhookId: webhook.id,
    deliveryId: delivery.deliveryId,
    hookId: hook.id,
    workflow,
    trigger: 'weekly',
    checkpoint: '1',
    artifactId: artifacts?.body.items[0].artifactId,
    gateId: run?.body.waitingFor.gateId,
    document: document?.body,
  }
}
