/** Shapes of workflow: a sequence, loops, wide maps; seconds as a client sees them, and the bytes that Postgres keeps. */

const base = { version: 1, semantics: 1, input: { type: 'object' }, deadlineMs: null, checkpoint: 'after' }
const end = { kind: 'end', name: 'end', status: 'completed' }

/** @param {string} name @param {unknown[]} transitions @param {object} [more] */
const work = (name, transitions, more = {}) => ({
  kind: 'agent',
  name,
  agent: 'bench.kyc',
  queue: 'agent.bench-kyc',
  input: { payload: 'input' },
  inputContract: 'bench.step.input.v1',
  outputContract: 'bench.step.output.v1',
  deadlineMs: 60_000,
  transitions,
  ...more,
})

/** @param {number} steps */
const sequenceOf = (steps) => ({
  ...{ ...base, name: `bench-sequence-${steps}`, title: 'Sequence', initial: 'step0' },
  states: [
    ...Array.from({ length: steps }, (_, n) =>
      work(`step${n}`, [{ on: 'done', to: n + 1 < steps ? `step${n + 1}` : 'end' }]),
    ),
    end,
  ],
})

/** @param {number} times */
const loopOf = (times) => ({
  ...{ ...base, name: `bench-loop-${times}`, title: 'Loop', initial: 'work' },
  states: [
    work('work', [{ on: 'done', to: 'again', assign: [{ to: 'turns', from: '1', reducer: 'sum' }] }], {
      maxVisits: times,
    }),
    {
      ...{ kind: 'choice', name: 'again', maxVisits: times },
      transitions: [{ when: `data.turns < ${times}`, to: 'work' }, { to: 'end' }],
    },
    end,
  ],
})

/** @param {number} concurrency */
const mapOf = (concurrency) => ({
  ...{ ...base, name: 'bench-map', title: 'Map', initial: 'each' },
  states: [
    {
      ...{
        kind: 'map',
        name: 'each',
        items: 'input.items',
        concurrency,
        itemsMax: 100_000,
        onItemFailure: 'fail-fast',
      },
      initial: 'work',
      states: [work('work', [{ on: 'done', to: 'end' }]), { ...end, result: { index: 'input.index' } }],
      transitions: [{ on: 'done', to: 'end', assign: [{ to: 'count', from: 'size(output)' }] }],
    },
    { ...end, result: { count: 'data.count' } },
  ],
})

const bytesKept = `
select (select coalesce(sum(pg_column_size(h.*)), 0) from history h where run_id = $1)
     + (select coalesce(sum(pg_column_size(c.*)), 0) from checkpoint c where run_id = $1)
     + (select coalesce(sum(pg_column_size(m.*)), 0) from map_item m where run_id = $1)
     + (select pg_column_size(r.*) from run r where id = $1) as bytes`

/** @param {import('../bench.mjs').Measuring} measuring @param {{ name: string }} definition @param {unknown} input @param {number} steps */
const measure = async ({ client, fleet }, definition, input, steps) => {
  await client.call('PUT', `/workflows/${definition.name}/versions/1`, definition)
  const from = performance.now()
  const response = await client.call('POST', '/runs', { workflow: definition.name, input })
  const { runId } = /** @type {{ runId: string }} */ (await response.json())
  // The server closes the stream after the last event.
  const stream = await client.call('GET', `/runs/${runId}/events`)
  for await (const _ of stream.body ?? []) continue
  const ms = performance.now() - from
  const run = /** @type {any} */ (await (await client.call('GET', `/runs/${runId}`)).json())
  if (run.status !== 'completed') throw new Error(`${definition.name}: ${run.status} ${JSON.stringify(run.error)}`)
  const { rows } = await fleet.database.query(bytesKept, [runId])
  return { seconds: ms / 1000, 'ms per step': ms / steps, 'bytes per step': Number(rows[0].bytes) / steps }
}

const prefixed = (/** @type {string} */ name, /** @type {Record<string, number>} */ row) =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [`${name}: ${key}`, value]))

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureSequence = async (measuring) => ({
  ...prefixed('40 steps', await measure(measuring, sequenceOf(40), { a: 1 }, 40)),
  ...prefixed('loop of 10', await measure(measuring, loopOf(10), { a: 1 }, 10)),
  ...prefixed(`loop of ${measuring.loop}`, await measure(measuring, loopOf(measuring.loop), { a: 1 }, measuring.loop)),
})

const items = (/** @type {number} */ length) => ({ items: Array.from({ length }, (_, n) => n) })

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureMap = async (measuring) => {
  const { width } = measuring
  await measure(measuring, mapOf(100), items(300), 300) // warm
  const tenth = await measure(measuring, mapOf(100), items(width / 10), width / 10)
  const whole = await measure(measuring, mapOf(100), items(width), width)
  const orchestrator = measuring.fleet.usage()['orchestrator']?.rssMiB ?? Number.NaN
  return {
    ...prefixed(`${width / 10} items`, tenth),
    ...prefixed(`${width} items`, whole),
    'ten times the width, times the time': whole.seconds / tenth.seconds,
    'orchestrator MiB': orchestrator,
  }
}
