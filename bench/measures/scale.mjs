/** Agents with 50 ms of work each: throughput by number of agent processes. */

const holdMs = 50

const definition = {
  ...{ name: 'bench-hold', version: 1, semantics: 1, title: 'Hold', input: { type: 'object' }, deadlineMs: null },
  initial: 'book',
  states: [
    {
      ...{ kind: 'agent', name: 'book', agent: 'bench.book', queue: 'agent.bench-book', deadlineMs: 60_000 },
      input: { booking: 'input.booking', holdMs: String(holdMs) },
      inputContract: 'bench.booking.input.v1',
      outputContract: 'bench.booking.output.v1',
      transitions: [{ on: 'done', to: 'end' }],
    },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
}

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureScale = async ({ fleet, client, processes }) => {
  await client.call('PUT', '/workflows/bench-hold/versions/1', definition)
  /** @type {Record<string, number>} */
  const row = {}
  let last = Number.NaN
  for (let count = 1; count <= processes; count *= 2) {
    fleet.scale(`bench=${count}`)
    const one = (/** @type {number} */ n) => client.run('bench-hold', { booking: `seat-${count}-${n}` })
    await client.many(count * 20, count * 8, one) // warm
    const runs = count * 200
    const perSecond = runs / (await client.many(runs, count * 8, one)).seconds
    row[`${count} processes: runs/s`] = perSecond
    if (count > 1) row[`${count} processes: times`] = perSecond / last
    last = perSecond
  }
  fleet.scale('bench=1')
  return row
}
