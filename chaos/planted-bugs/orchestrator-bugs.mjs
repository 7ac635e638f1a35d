/** @typedef {import('./bugs.mjs').Bug} Bug */

const checks = ['orchestrator', 'simulation']

/** Bugs of the orchestrator: it applies, sends or acknowledges wrongly. @type {readonly Bug[]} */
export const orchestratorBugs = [
  {
    name: 'ack-before-commit',
    what: 'Replies are acknowledged when they are read.',
    file: 'apps/orchestrator/src/read-replies.ts',
    find: 'const entries = await reader.read()',
    replace: 'const entries = await reader.read()\n      await reader.ack(entries.map(({ id }) => id))',
    checks: ['simulation'],
  },
  {
    name: 'replies-of-an-outage-dropped',
    what: 'Replies that were read while Postgres was away are forgotten.',
    file: 'apps/orchestrator/src/read-replies.ts',
    find: 'kept = [...kept, ...entries]',
    replace: 'kept = entries',
    checks,
  },
  {
    name: 'acks-forgotten',
    what: 'Replies that were applied are never acknowledged.',
    file: 'apps/orchestrator/src/after-tick.ts',
    find: "if (ticked.entryIds.length > 0) reader.ack(ticked.entryIds).catch(failed('ack'))",
    replace: '',
    checks: ['orchestrator', 'simulation', 'desk'],
  },
  {
    name: 'reply-of-another-dropped',
    what: 'A reply whose run another orchestrator holds is acknowledged and not kept.',
    file: 'apps/orchestrator/src/tick.ts',
    find: 'if (elsewhere.length > 0)',
    replace: 'if (elsewhere.length > 1_000_000)',
    checks,
  },
  {
    name: 'deadlines-while-replies-wait',
    what: 'Deadlines fire although replies have not been read up to date.',
    file: 'apps/orchestrator/src/tick.ts',
    find: 'const deadlines = input.repliesUpToDate && !left',
    replace: 'const deadlines = true',
    checks,
  },
  {
    name: 'timeout-does-not-ask-the-gate',
    what: 'A timeout does not ask whether a person has decided meanwhile.',
    file: 'apps/orchestrator/src/tick.ts',
    find: 'dueGates.map((gate) => gate.gateId).filter((gateId) => !open.has(gateId))',
    replace: 'dueGates.map((gate) => gate.gateId).filter((gateId) => gateId === null)',
    checks,
  },
  {
    name: 'local-clock',
    what: "Time is the process' own, five minutes ahead.",
    file: 'apps/orchestrator/src/tick.ts',
    find: 'const [claimed, at] = await Promise.all([claiming, clock(tx)])',
    replace: 'const [claimed] = await Promise.all([claiming, clock(tx)])\n  const at = Date.now() + 300_000',
    checks,
  },
  {
    name: 'parked-for-an-outage',
    what: 'A run is parked because Postgres was away for a moment.',
    file: 'apps/orchestrator/src/tick.ts',
    find: 'if (isPostgresAway(error)) throw error',
    replace: '',
    checks,
  },
  {
    name: 'parked-without-its-replies',
    what: 'The replies of a run that is parked are lost.',
    file: 'apps/orchestrator/src/tick.ts',
    find: 'Its events are kept, held, for the unpark.\n        await insertInbox(\n          tx,\n          replies.map(',
    replace:
      'Its events are kept, held, for the unpark.\n        await insertInbox(\n          tx,\n          replies.slice(1).map(',
    checks,
  },
  {
    name: 'gate-changes-under-a-decision',
    what: 'A gate is replaced although somebody has decided it meanwhile.',
    file: 'apps/orchestrator/src/tick.ts',
    find: 'return (await lockOpenGates(tx, changed)).length < changed.length',
    replace: 'return (await lockOpenGates(tx, changed)).length < 0',
    checks,
  },
  {
    name: 'dead-letter-outside-the-transaction',
    what: 'A dead letter is written in a transaction of its own, before that of its tick has committed.',
    file: 'apps/orchestrator/src/tick.ts',
    find: '    closing(\n      saveApplied(',
    replace: `    for (const { run, applied } of ticked)
      for (const { id, queue, agent, step, visit, dispatch, code, message, attempts, inputRef } of applied.deadLetters)
        await store.pool.query(
          \`insert into dead_letter (id, tenant_id, run_id, workflow, queue, agent, step, visit, dispatch, code, message,
            attempts, input_ref, trace_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)\`,
          [id, run.tenantId, run.runId, run.workflow, queue, agent, step, visit, dispatch, code, message, attempts, inputRef, run.traceId],
        )
    closing(
      saveApplied(`,
    checks: ['orchestrator', 'desk-save'],
  },
  {
    name: 'position-of-ignored-used-again',
    what: 'An ignored event takes no position of the history.',
    file: 'apps/orchestrator/src/fold-run.ts',
    find: 'if (next.ignored !== undefined) ignored += 1',
    replace: 'if (next.ignored !== undefined) position -= 1',
    checks,
  },
  {
    name: 'always-up-to-date',
    what: 'The reader says that it has read everything after each batch, however full.',
    file: 'apps/orchestrator/src/read-replies.ts',
    find: 'inbox.setUpToDate(entries.length < fullBatch)',
    replace: 'inbox.setUpToDate(true)',
    checks,
  },
  {
    name: 'up-to-date-without-redis',
    what: 'The reader takes itself for up to date although it could not read.',
    file: 'apps/orchestrator/src/read-replies.ts',
    find: '      inbox.setUpToDate(false)\n',
    replace: '',
    checks,
  },
  {
    name: 'loss-not-looked-for',
    what: 'The beats of Redis and Postgres are not compared.',
    file: 'apps/orchestrator/src/relay.ts',
    find: 'if (beat >= lastBeat) return { beat, lost: false }',
    replace: 'if (beat >= 0) return { beat, lost: false }',
    checks,
  },
  {
    name: 'sent-before-it-is-sent',
    what: 'Debts are marked as sent, and that committed, before their jobs are added.',
    file: 'apps/orchestrator/src/relay.ts',
    find: '    try {\n      await send(lastBeat)',
    replace:
      "    await markSent(tx, rows, nextBeat)\n    await tx.query('commit; begin')\n    try {\n      await send(lastBeat)",
    checks: ['desk-send'],
  },
  {
    name: 'silent-failures-untold',
    what: 'Jobs that BullMQ failed without a word of the agent are removed and not told.',
    file: 'apps/orchestrator/src/sweep.ts',
    find: '.filter((job) => owedKeys.has(job.jobId))',
    replace: '.filter((job) => !owedKeys.has(job.jobId))',
    checks: ['orchestrator', 'simulation', 'desk'],
  },
  {
    name: 'chain-fires-for-any-end',
    what: 'A trigger on one status of a run goes off for all.',
    file: 'apps/orchestrator/src/fire-completions.ts',
    find: ' || previous.status !== status) return []',
    replace: ') return []',
    checks,
  },
  {
    name: 'missed-moments-fire-each',
    what: 'A schedule goes on from the moment that it missed, so that it makes up for each.',
    file: 'apps/orchestrator/src/fire-schedules.ts',
    find: 'const moment = last > nextAt ? last : nextAt',
    replace: 'const moment = nextAt',
    checks,
  },
]
