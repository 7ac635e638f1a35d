/**
 * Where processes of a chaos run can be stopped, failed or held: the calls around commit, add, acknowledge, reply and
 * publish. The product knows nothing of them: they are woven into its sources when a process with `register.mjs` loads
 * them. A point is named by its file and call; `call` is how the call begins, spaces left out, and stands once in its file.
 */

/** @typedef {{ name: string, file: string, call: string }} Point */

/** Points whose call is one of several that are sent at once and in their order: made later, it would be another order. */
export const inOrder = new Set(['transaction.begin', 'tick.save', 'relay.lock-courier', 'relay.mark-sent'])

/** @param {string} file @param {Record<string, string>} calls by name */
const pointsOf = (file, calls) => Object.entries(calls).map(([name, call]) => ({ name, file, call }))

/** @type {readonly Point[]} */
export const points = [
  ...pointsOf('libs/store/src/transaction.ts', {
    'transaction.connect': 'pool.connect(',
    'transaction.begin': 'client.query(withFreshPlans',
    'transaction.commit': "client.query('commit'",
    'transaction.rollback': "client.query('rollback'",
  }),
  ...pointsOf('libs/store/src/sql/submit-runs.ts', {
    'submit.save': 'submit(pool,batch',
  }),
  ...pointsOf('libs/store/src/sql/decide-gate.ts', {
    'gate.decide': 'rowsOf<{gate:string;decidedAt:Date}>(tx,decide',
    'gate.audit': "audit(tx,gate,decision,'gate.decided'",
  }),
  ...pointsOf('libs/store/src/sql/append-command.ts', {
    'command.insert': 'rowsOf(tx,insert',
  }),
  ...pointsOf('apps/gateway/src/runs/submit-run.ts', {
    'submit.answered': 'deps.submit(',
    'submit.nudge': 'deps.nudge(',
  }),
  ...pointsOf('apps/gateway/src/gates/decide-gate.ts', {
    'gate.answered': 'gateway.store.decideGate(',
    'gate.nudge': 'gateway.queues.nudge(',
  }),
  ...pointsOf('apps/gateway/src/runs/ask-run.ts', {
    'command.answered': 'gateway.store.appendCommand(',
    'command.nudge': 'gateway.queues.nudge(',
  }),
  ...pointsOf('libs/queues/src/runs-queue.ts', {
    'nudge.add': "queue.add('run'",
  }),
  ...pointsOf('apps/orchestrator/src/tick.ts', {
    'tick.transaction': 'inTransaction(store.pool',
    'tick.claim': 'claimRuns(tx',
    'tick.claimed': 'Promise.all([claiming',
    'tick.read-runs': 'readClaimedRuns(tx',
    'tick.read-events': 'readEvents(tx',
    'tick.mark-claim': 'dependencies.markClaim(',
    'tick.lock-gates': 'lockOpenGates(tx,dueGates',
    'tick.save': 'saveApplied(tx',
    'tick.follow-ups': 'saveFollowUps(tx',
    'tick.triggers': 'fireCompletions(tx',
  }),
  ...pointsOf('apps/orchestrator/src/after-tick.ts', {
    'replies.ack-applied': 'reader.ack(ticked.entryIds',
    'hint.history': 'signals.history(',
  }),
  ...pointsOf('apps/orchestrator/src/claim-marker.ts', {
    'claim.hold-name': 'holdName(',
    'claim.mark': 'markClaim(client',
  }),
  ...pointsOf('apps/orchestrator/src/relay.ts', {
    'relay.lock-courier': 'lockCourier(tx',
    'relay.read-beat': 'queues.readBeat(',
    'relay.transaction': 'inTransaction(store.pool',
    'relay.take': 'takeOwed(tx',
    'relay.send': 'queues.sendOwed(',
    'relay.lose': 'loseBeats(tx',
    'relay.mark-sent': 'markSent(tx',
  }),
  ...pointsOf('libs/queues/src/agent-queues.ts', {
    'courier.add': 'queueOf(name).addBulk(',
    'courier.beat': 'redis.eval(takeBeatScript',
  }),
  ...pointsOf('libs/queues/src/reply-reader.ts', {
    'replies.read': 'blocking.xreadgroup(',
    'replies.claim': 'redis.xautoclaim(',
    'replies.ack': 'redis.pipeline().xack(stream,group,...ids).xdel(stream,...ids).exec(',
  }),
  ...pointsOf('apps/orchestrator/src/receive-replies.ts', {
    'replies.payloads': 'readPayloads(refs',
  }),
  ...pointsOf('apps/orchestrator/src/sweep.ts', {
    'sweep.blame': 'blameDeadOrchestrators(',
    'sweep.mirror': 'desk.mirrorDeadLetters(',
    'sweep.mark-mirrored': 'markMirrored(',
  }),
  ...pointsOf('libs/queues/src/worker-module.ts', {
    'job.process': 'settings.process(seen',
  }),
  ...pointsOf('libs/agent-sdk/src/process-job.ts', {
    'job.open': 'openBody(tools',
    'job.started': "send('started'",
    'job.run': 'agent.run(',
    'job.succeeded': "lastWord('succeeded'",
    'job.failed': "lastWord('failed',{code,message,stack,",
    'job.retrying': "lastWord('retrying'",
  }),
  ...pointsOf('libs/agent-sdk/src/reply-sender.ts', {
    'reply.write': 'writer.write(',
    'reply.save-payload': 'payloads.save(',
  }),
  ...pointsOf('libs/queues/src/reply-writer.ts', {
    'reply.add': 'together.exec(',
  }),
  ...pointsOf('libs/agent-sdk/src/run-effect.ts', {
    'effect.begin': 'ledger.begin(intent',
    'effect.call': 'fn({',
    'effect.finish': 'ledger.finish(effectKey,outcome)',
  }),
  ...pointsOf('libs/vault/src/effects.ts', {
    'ledger.begin': 'pool.query<Row>(beginSql',
    'ledger.finish': 'pool.query<{outcome:unknown}>(finishSql',
  }),
  ...pointsOf('libs/vault/src/payloads.ts', {
    'payload.read-input': "pool.query<{input:unknown}>('selectvault.read_input",
    'payload.save': "pool.query('insertintovault.payload",
  }),
]
