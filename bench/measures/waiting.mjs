/** What a fleet costs that has nothing to do: bare, and with many runs that wait at a gate for two days. */
import { setTimeout as sleep } from 'node:timers/promises'
import { copyRuns, settle } from '../copied-runs.mjs'

const definition = {
  ...{ name: 'bench-gate', version: 1, semantics: 1, title: 'Gate', input: { type: 'object' }, deadlineMs: null },
  initial: 'approval',
  states: [
    {
      ...{ kind: 'human', name: 'approval', shows: { a: 'input.a' }, deadlineMs: 48 * 3_600_000 },
      transitions: [
        { on: 'approve', to: 'end' },
        { on: 'timeout', to: 'end' },
      ],
    },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
}

/** CPU in ms per second by kind of process, over some seconds. @param {import('../fleet.mjs').BenchFleet} fleet @param {string} when */
const costOfNothing = async (fleet, when) => {
  await sleep(3_000)
  const seconds = 20
  const before = fleet.usage()
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await fleet.redis.info('stats'))?.[1])
  const commandsBefore = await commands()
  await sleep(seconds * 1_000)
  const after = fleet.usage()
  return {
    ...Object.fromEntries(
      Object.entries(after).map(([kind, { cpuMs, processes }]) => [
        `${when}: ${kind}, CPU ms/s${processes > 1 && kind === 'idle agents' ? ` of ${processes}` : ''}`,
        (cpuMs - (before[kind]?.cpuMs ?? 0)) / seconds,
      ]),
    ),
    [`${when}: Redis commands/s`]: ((await commands()) - commandsBefore) / seconds,
  }
}

/** @param {import('../bench.mjs').Measuring} measuring */
export const measureWaiting = async ({ fleet, client, waiting }) => {
  const idle = await costOfNothing(fleet, 'idle')
  const memory = fleet.usage()['idle agents']
  await client.call('PUT', '/workflows/bench-gate/versions/1', definition)
  const ids = await Promise.all(Array.from({ length: 10 }, (_, a) => client.submit('bench-gate', { a })))
  const isWaiting = async () =>
    (await fleet.database.query(`select from gate where status = 'open' and run_id = any($1::uuid[])`, [ids]))
      .rowCount === ids.length
  while (!(await isWaiting())) await sleep(20)
  await copyRuns(fleet.database, ids, waiting)
  await settle(fleet.database)
  return {
    'MiB per idle agent': (memory?.rssMiB ?? Number.NaN) / (memory?.processes ?? 1),
    ...idle,
    ...(await costOfNothing(fleet, `${waiting} at a gate`)),
  }
}
